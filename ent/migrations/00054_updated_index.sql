-- Lists of what has changed, the latest first, and of what has changed since.

-- +goose NO TRANSACTION

-- +goose Up
CREATE INDEX CONCURRENTLY "matter_tenant_id_updated_at_id" ON "matters" ("tenant_id", "updated_at", "id");

-- +goose Down
DROP INDEX CONCURRENTLY "matter_tenant_id_updated_at_id";
