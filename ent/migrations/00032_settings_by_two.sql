-- A change of settings that protect is made by two people: a proposal is a version
-- that never takes effect, its confirmation the next version with both names.
-- The previous version writes none of the columns, and a proposal's day keeps it
-- from counting as in force there, too.

-- +goose Up
ALTER TABLE "policies" ADD COLUMN "proposed_from" date NULL, ADD COLUMN "confirms" bigint NULL, ADD COLUMN "proposed_by_id" uuid NULL, ADD COLUMN "confirmed_by_id" uuid NULL;
ALTER TABLE "policies" ADD CONSTRAINT "policies_proposed_by_id_fk" FOREIGN KEY (tenant_id, proposed_by_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "policies" ADD CONSTRAINT "policies_confirmed_by_id_fk" FOREIGN KEY (tenant_id, confirmed_by_id) REFERENCES "memberships" (tenant_id, id);

-- +goose Down
ALTER TABLE "policies" DROP COLUMN "proposed_from", DROP COLUMN "confirms", DROP COLUMN "proposed_by_id", DROP COLUMN "confirmed_by_id";
