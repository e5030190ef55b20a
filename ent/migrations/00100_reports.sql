-- A report keeps what figures said when it was frozen: the numbers, the versions
-- of the definitions and what they meant in its lines, and in report_rows the
-- rows that were counted. It can be withdrawn, once; nothing else of it changes,
-- and its rows are written once. Rights say so to the serving role, triggers to
-- everybody. The previous version knows neither table.

-- +goose Up
CREATE TABLE "reports" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "title" text NOT NULL, "template" text NULL, "scope_kind" text NOT NULL, "year" bigint NULL, "as_of" date NOT NULL, "scope_text" text NOT NULL, "lines" jsonb NOT NULL, "printed" text NOT NULL, "withdrawn_at" timestamptz NULL, "withdrawn_reason" text NULL, "sitting_id" uuid NULL, "frozen_by_id" uuid NOT NULL, "withdrawn_by_id" uuid NULL, "replaces_id" uuid NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "report_tenant_id_id" ON "reports" ("tenant_id", "id");
CREATE INDEX "report_tenant_id_sitting_id" ON "reports" ("tenant_id", "sitting_id");
CREATE INDEX "report_tenant_id_replaces_id" ON "reports" ("tenant_id", "replaces_id");
CREATE INDEX "report_tenant_id_frozen_by_id" ON "reports" ("tenant_id", "frozen_by_id");
ALTER TABLE "reports" ADD CONSTRAINT "reports_tenant_fk" FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE "reports" ADD CONSTRAINT "reports_sitting_id_fk" FOREIGN KEY (tenant_id, sitting_id) REFERENCES "sittings" (tenant_id, id);
ALTER TABLE "reports" ADD CONSTRAINT "reports_frozen_by_id_fk" FOREIGN KEY (tenant_id, frozen_by_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "reports" ADD CONSTRAINT "reports_withdrawn_by_id_fk" FOREIGN KEY (tenant_id, withdrawn_by_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "reports" ADD CONSTRAINT "reports_replaces_id_fk" FOREIGN KEY (tenant_id, replaces_id) REFERENCES "reports" (tenant_id, id);
ALTER TABLE "reports" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "reports" USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_reason, withdrawn_by_id) ON "reports" TO bihuan_app;

CREATE TABLE report_rows (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  report_id uuid NOT NULL,
  line int NOT NULL,     -- from 0, in reports.lines, which names the type of the row
  row_id uuid NOT NULL,
  counts boolean NOT NULL,
  PRIMARY KEY (tenant_id, report_id, line, row_id),
  FOREIGN KEY (tenant_id, report_id) REFERENCES reports (tenant_id, id)
);
ALTER TABLE report_rows ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON report_rows USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT ON report_rows TO bihuan_app;

-- +goose StatementBegin
CREATE FUNCTION report_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'reports' THEN
    IF OLD.withdrawn_at IS NULL AND to_jsonb(NEW) - '{withdrawn_at,withdrawn_reason,withdrawn_by_id}'::text[] = to_jsonb(OLD) - '{withdrawn_at,withdrawn_reason,withdrawn_by_id}'::text[] THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'what a report says is not changed';
END $$;
-- +goose StatementEnd
CREATE TRIGGER report_stays BEFORE UPDATE OR DELETE ON "reports" FOR EACH ROW EXECUTE FUNCTION report_stays();
CREATE TRIGGER report_stays BEFORE UPDATE OR DELETE ON report_rows FOR EACH ROW EXECUTE FUNCTION report_stays();

-- +goose Down
DROP TABLE report_rows;
DROP TABLE "reports";
DROP FUNCTION report_stays();
