-- Committees build platforms of their own: processes with drafts, platforms,
-- events with attendance, notices, receipts. Only additions and empty columns,
-- so the previous version goes on serving beside it. Written from the plan
-- that `go run ./cmd/migration` prints; the trigger is by hand.

-- +goose Up
ALTER TABLE "items" ADD COLUMN "aspect" text NULL, ADD COLUMN "path" text NULL, ADD COLUMN "owner" text NULL, ADD COLUMN "measure" text NULL, ADD COLUMN "cause" text NULL, ADD COLUMN "solution" text NULL, ADD COLUMN "key" boolean NOT NULL DEFAULT false, ADD COLUMN "difficult" boolean NOT NULL DEFAULT false, ADD COLUMN "amount_fen" bigint NULL, ADD COLUMN "receipt_no" text NULL, ADD COLUMN "check_code" text NULL, ADD COLUMN "parent_id" uuid NULL, ADD COLUMN "event_id" uuid NULL, ADD COLUMN "party_id" uuid NULL;
CREATE INDEX "item_tenant_id_parent_id" ON "items" ("tenant_id", "parent_id");
CREATE INDEX "item_tenant_id_event_id" ON "items" ("tenant_id", "event_id");
CREATE INDEX "item_tenant_id_party_id" ON "items" ("tenant_id", "party_id");
CREATE UNIQUE INDEX "item_tenant_id_receipt_no" ON "items" ("tenant_id", "receipt_no");
ALTER TABLE "links" ADD COLUMN "item_id" uuid NULL;
CREATE INDEX "link_tenant_id_item_id" ON "links" ("tenant_id", "item_id");
ALTER TABLE "matters" ADD COLUMN "source" text NULL, ADD COLUMN "data" jsonb NULL, ADD COLUMN "platform_id" uuid NULL;
CREATE INDEX "matter_tenant_id_platform_id_opened_at_id" ON "matters" ("tenant_id", "platform_id", "opened_at", "id");
ALTER TABLE "parties" ADD COLUMN "kind" text NULL, ADD COLUMN "post" text NULL, ADD COLUMN "organisation" text NULL, ADD COLUMN "phone" text NULL, ADD COLUMN "speaker" boolean NOT NULL DEFAULT false, ADD COLUMN "event_id" uuid NULL;
CREATE INDEX "party_tenant_id_event_id" ON "parties" ("tenant_id", "event_id");
ALTER TABLE "processes" ADD COLUMN "origin" text NULL;
ALTER TABLE "records" ADD COLUMN "number" text NULL, ADD COLUMN "event_id" uuid NULL;
CREATE INDEX "record_tenant_id_event_id" ON "records" ("tenant_id", "event_id");
ALTER TABLE "seats" ADD COLUMN "initiator" text NULL, ADD COLUMN "certificate_no" text NULL;
ALTER TABLE "units" ADD COLUMN "category" text NULL, ADD COLUMN "level" text NULL;
CREATE TABLE "attendances" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "status" character varying NOT NULL DEFAULT 'INVITED', "note" text NULL, "matter_id" uuid NOT NULL, "party_id" uuid NOT NULL, "event_id" uuid NOT NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "attendance_tenant_id_id" ON "attendances" ("tenant_id", "id");
CREATE UNIQUE INDEX "attendance_tenant_id_event_id_party_id" ON "attendances" ("tenant_id", "event_id", "party_id");
CREATE INDEX "attendance_tenant_id_matter_id" ON "attendances" ("tenant_id", "matter_id");
CREATE INDEX "attendance_tenant_id_party_id" ON "attendances" ("tenant_id", "party_id");
CREATE TABLE "events" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "version" bigint NOT NULL DEFAULT 1, "updated_at" timestamptz NOT NULL, "kind" character varying NOT NULL, "title" text NOT NULL, "form" text NULL, "edition" bigint NULL, "on" date NOT NULL, "place" text NULL, "state" character varying NOT NULL DEFAULT 'PLANNED', "concealed" boolean NOT NULL DEFAULT false, "summary" text NULL, "venue_id" uuid NULL, "unit_id" uuid NULL, "author_id" uuid NULL, "matter_id" uuid NOT NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "event_tenant_id_id" ON "events" ("tenant_id", "id");
CREATE INDEX "event_tenant_id_matter_id" ON "events" ("tenant_id", "matter_id");
CREATE INDEX "event_tenant_id_kind_on_id" ON "events" ("tenant_id", "kind", "on", "id");
CREATE INDEX "event_tenant_id_venue_id" ON "events" ("tenant_id", "venue_id");
CREATE INDEX "event_tenant_id_unit_id" ON "events" ("tenant_id", "unit_id");
CREATE INDEX "event_tenant_id_author_id" ON "events" ("tenant_id", "author_id");
CREATE TABLE "notices" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "text" text NOT NULL, "read_at" timestamptz NULL, "membership_id" uuid NOT NULL, "matter_id" uuid NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "notice_tenant_id_id" ON "notices" ("tenant_id", "id");
CREATE INDEX "notice_tenant_id_membership_id_id" ON "notices" ("tenant_id", "membership_id", "id");
CREATE INDEX "notice_tenant_id_matter_id" ON "notices" ("tenant_id", "matter_id");
CREATE TABLE "platforms" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "version" bigint NOT NULL DEFAULT 1, "updated_at" timestamptz NOT NULL, "code" text NOT NULL, "brand" text NOT NULL, "brand_owner" text NULL, "type" text NOT NULL, "level" text NULL, "process_kind" text NOT NULL, "approver" text NULL, "host_rule" text NULL, "sources" jsonb NULL, "manners" jsonb NULL, "targets" jsonb NULL, "takes_topics" boolean NOT NULL DEFAULT false, "status" character varying NOT NULL DEFAULT 'ACTIVE', "retired_at" timestamptz NULL, "parent_id" uuid NULL, "owner_unit_id" uuid NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "platform_tenant_id_id" ON "platforms" ("tenant_id", "id");
CREATE UNIQUE INDEX "platform_tenant_id_code" ON "platforms" ("tenant_id", "code");
CREATE INDEX "platform_tenant_id_brand_id" ON "platforms" ("tenant_id", "brand", "id");
CREATE INDEX "platform_tenant_id_parent_id" ON "platforms" ("tenant_id", "parent_id");
CREATE INDEX "platform_tenant_id_owner_unit_id" ON "platforms" ("tenant_id", "owner_unit_id");
ALTER TABLE "attendances" ADD CONSTRAINT "attendances_matter_id_fk" FOREIGN KEY (tenant_id, matter_id) REFERENCES "matters" (tenant_id, id);
ALTER TABLE "attendances" ADD CONSTRAINT "attendances_party_id_fk" FOREIGN KEY (tenant_id, party_id) REFERENCES "parties" (tenant_id, id);
ALTER TABLE "attendances" ADD CONSTRAINT "attendances_event_id_fk" FOREIGN KEY (tenant_id, event_id) REFERENCES "events" (tenant_id, id);
ALTER TABLE "attendances" ADD CONSTRAINT "attendances_tenant_fk" FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE "attendances" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "attendances" USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON "attendances" TO bihuan_app;
ALTER TABLE "events" ADD CONSTRAINT "events_venue_id_fk" FOREIGN KEY (tenant_id, venue_id) REFERENCES "units" (tenant_id, id);
ALTER TABLE "events" ADD CONSTRAINT "events_unit_id_fk" FOREIGN KEY (tenant_id, unit_id) REFERENCES "units" (tenant_id, id);
ALTER TABLE "events" ADD CONSTRAINT "events_author_id_fk" FOREIGN KEY (tenant_id, author_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "events" ADD CONSTRAINT "events_matter_id_fk" FOREIGN KEY (tenant_id, matter_id) REFERENCES "matters" (tenant_id, id);
ALTER TABLE "events" ADD CONSTRAINT "events_tenant_fk" FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE "events" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "events" USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON "events" TO bihuan_app;
ALTER TABLE "items" ADD CONSTRAINT "items_parent_id_fk" FOREIGN KEY (tenant_id, parent_id) REFERENCES "items" (tenant_id, id);
ALTER TABLE "items" ADD CONSTRAINT "items_event_id_fk" FOREIGN KEY (tenant_id, event_id) REFERENCES "events" (tenant_id, id);
ALTER TABLE "items" ADD CONSTRAINT "items_party_id_fk" FOREIGN KEY (tenant_id, party_id) REFERENCES "parties" (tenant_id, id);
ALTER TABLE "links" ADD CONSTRAINT "links_item_id_fk" FOREIGN KEY (tenant_id, item_id) REFERENCES "items" (tenant_id, id);
ALTER TABLE "matters" ADD CONSTRAINT "matters_platform_id_fk" FOREIGN KEY (tenant_id, platform_id) REFERENCES "platforms" (tenant_id, id);
ALTER TABLE "notices" ADD CONSTRAINT "notices_membership_id_fk" FOREIGN KEY (tenant_id, membership_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "notices" ADD CONSTRAINT "notices_matter_id_fk" FOREIGN KEY (tenant_id, matter_id) REFERENCES "matters" (tenant_id, id);
ALTER TABLE "notices" ADD CONSTRAINT "notices_tenant_fk" FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE "notices" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "notices" USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON "notices" TO bihuan_app;
ALTER TABLE "parties" ADD CONSTRAINT "parties_event_id_fk" FOREIGN KEY (tenant_id, event_id) REFERENCES "events" (tenant_id, id);
ALTER TABLE "platforms" ADD CONSTRAINT "platforms_parent_id_fk" FOREIGN KEY (tenant_id, parent_id) REFERENCES "platforms" (tenant_id, id);
ALTER TABLE "platforms" ADD CONSTRAINT "platforms_owner_unit_id_fk" FOREIGN KEY (tenant_id, owner_unit_id) REFERENCES "units" (tenant_id, id);
ALTER TABLE "platforms" ADD CONSTRAINT "platforms_tenant_fk" FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE "platforms" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "platforms" USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON "platforms" TO bihuan_app;
ALTER TABLE "records" ADD CONSTRAINT "records_event_id_fk" FOREIGN KEY (tenant_id, event_id) REFERENCES "events" (tenant_id, id);

-- What is published is what running matters were promised: its text, kind and
-- version never change, and it does not become a draft again.
-- +goose StatementBegin
CREATE FUNCTION processes_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'DRAFT' AND (NEW.status = 'DRAFT' OR (NEW.source, NEW.hash, NEW.title) IS DISTINCT FROM (OLD.source, OLD.hash, OLD.title)) THEN
    RAISE EXCEPTION 'processes: a published definition does not change' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER keep BEFORE UPDATE ON processes FOR EACH ROW EXECUTE FUNCTION processes_keep();
