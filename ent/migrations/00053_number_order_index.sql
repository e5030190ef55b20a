-- Lists of cases by their numbers.

-- +goose NO TRANSACTION

-- +goose Up
CREATE INDEX CONCURRENTLY "matter_tenant_id_number_order_id" ON "matters" ("tenant_id", "number_order", "id");

-- +goose Down
DROP INDEX CONCURRENTLY "matter_tenant_id_number_order_id";
