-- One clock an item: two sweeps that run at once cannot begin two.

-- +goose NO TRANSACTION

-- +goose Up
CREATE UNIQUE INDEX CONCURRENTLY "timer_tenant_id_item_id" ON "timers" ("tenant_id", "item_id");

-- +goose Down
DROP INDEX CONCURRENTLY "timer_tenant_id_item_id";
