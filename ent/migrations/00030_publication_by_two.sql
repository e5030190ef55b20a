-- A version of a regulated process is published by two people: one proposes, the
-- other confirms. Until then it is a draft with a name beside it. A draft can be
-- discarded; its row stays, since the audit speaks of it. The previous version
-- writes none of the columns, and publishes at once.

-- +goose Up
ALTER TABLE "processes" ADD COLUMN "proposed_at" timestamptz NULL, ADD COLUMN "proposed_by_id" uuid NULL, ADD COLUMN "confirmed_by_id" uuid NULL;
ALTER TABLE "processes" ADD CONSTRAINT "processes_proposed_by_id_fk" FOREIGN KEY (tenant_id, proposed_by_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "processes" ADD CONSTRAINT "processes_confirmed_by_id_fk" FOREIGN KEY (tenant_id, confirmed_by_id) REFERENCES "memberships" (tenant_id, id);

-- +goose Down
ALTER TABLE "processes" DROP COLUMN "proposed_at", DROP COLUMN "proposed_by_id", DROP COLUMN "confirmed_by_id";
