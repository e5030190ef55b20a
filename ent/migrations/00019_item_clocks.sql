-- What somebody owes by a day has a clock of its own: a commitment, a claimed
-- problem, an agreed result reminded nobody of its day, and the matter's next
-- day ignored it. The previous version writes no item_id and sees such a clock
-- as one that its definition does not know; it leaves it alone until its rung
-- is due, so both run beside each other for the time of a change of version.

-- +goose Up
ALTER TABLE "timers" ADD COLUMN "item_id" uuid NULL;
ALTER TABLE "timers" ADD CONSTRAINT "timers_item_id_fk" FOREIGN KEY (tenant_id, item_id) REFERENCES "items" (tenant_id, id);

-- +goose Down
ALTER TABLE "timers" DROP COLUMN "item_id";
