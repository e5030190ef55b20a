-- Committees send each other things: what crossed and in which state it is at
-- the other side. Additions only. The envelopes themselves and the ballots are
-- plain SQL, in the files after this one. Written from the plan that
-- `go run ./cmd/migration` prints.

-- +goose Up
ALTER TABLE "items" ADD COLUMN "mirror" jsonb NULL;
ALTER TABLE "matters" ADD COLUMN "origin" jsonb NULL, ADD COLUMN "mirror" jsonb NULL;
CREATE TABLE "agreements" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "version" bigint NOT NULL DEFAULT 1, "updated_at" timestamptz NOT NULL, "partner" text NOT NULL, "partner_name" text NOT NULL, "partner_key" text NULL, "channel" character varying NOT NULL DEFAULT 'LOCAL', "sends" jsonb NULL, "receives" jsonb NULL, "status" character varying NOT NULL DEFAULT 'ACTIVE', "reason" text NULL, "suspended_at" timestamptz NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "agreement_tenant_id_id" ON "agreements" ("tenant_id", "id");
CREATE UNIQUE INDEX "agreement_tenant_id_partner" ON "agreements" ("tenant_id", "partner");
ALTER TABLE "agreements" ADD CONSTRAINT "agreements_tenant_fk" FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE "agreements" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "agreements" USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON "agreements" TO bihuan_app;
