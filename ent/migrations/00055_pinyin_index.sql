-- Lists of people by the pinyin of their names.

-- +goose NO TRANSACTION

-- +goose Up
CREATE INDEX CONCURRENTLY "membership_tenant_id_name_pinyin_id" ON "memberships" ("tenant_id", "name_pinyin", "id");

-- +goose Down
DROP INDEX CONCURRENTLY "membership_tenant_id_name_pinyin_id";
