-- An attachment that was put to a matter by mistake is removed on record: its
-- row stays and says who, when and why, its bytes go after a while. A picture's
-- size tells whether there can be a small one of it, and a page how much room
-- it needs. An addition only: the previous version fills none of it, and goes on
-- showing what was removed.

-- +goose Up
ALTER TABLE "attachments" ADD COLUMN "width" bigint NULL, ADD COLUMN "height" bigint NULL, ADD COLUMN "removed_at" timestamptz NULL,
  ADD COLUMN "removal_reason" text NULL, ADD COLUMN "purged_at" timestamptz NULL, ADD COLUMN "removed_by_id" uuid NULL;
CREATE INDEX "attachment_tenant_id_removed_at" ON "attachments" ("tenant_id", "removed_at") WHERE removed_at IS NOT NULL;
ALTER TABLE "attachments" ADD CONSTRAINT "attachments_removed_by_id_fk" FOREIGN KEY (tenant_id, removed_by_id) REFERENCES "memberships" (tenant_id, id);
