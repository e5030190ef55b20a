-- A committee makes its own roles and gives the shipped ones its own names and
-- posts. A row is one version, never changed but for when it begins and ends. A
-- role that is given may count in one unit only.
--
-- holds(day) is who holds which role on a day, by a grant or by a post, and in
-- which unit only. It is the one place that knows the ways of holding a role;
-- it reads as its caller, within his committee. The previous version asks grants
-- itself and knows no posts: what is held by one alone is worth nothing there.

-- +goose Up
CREATE TABLE "roles" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "code" text NOT NULL, "version" bigint NOT NULL, "name" text NOT NULL, "duty" text NULL, "base" text NULL, "rights" jsonb NULL, "kinds" jsonb NULL, "states" jsonb NULL, "platforms" jsonb NULL, "posts" jsonb NULL, "reason" text NULL, "since" timestamptz NULL, "until" timestamptz NULL, "proposed_by_id" uuid NULL, "confirmed_by_id" uuid NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "role_tenant_id_id" ON "roles" ("tenant_id", "id");
CREATE UNIQUE INDEX "role_tenant_id_code_version" ON "roles" ("tenant_id", "code", "version");
ALTER TABLE "roles" ADD CONSTRAINT "roles_tenant_fk" FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE "roles" ADD CONSTRAINT "roles_proposed_by_id_fk" FOREIGN KEY (tenant_id, proposed_by_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "roles" ADD CONSTRAINT "roles_confirmed_by_id_fk" FOREIGN KEY (tenant_id, confirmed_by_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "roles" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "roles" USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON "roles" TO bihuan_app;
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE ON roles FOR EACH STATEMENT EXECUTE FUNCTION rights_changed();

ALTER TABLE "grants" ADD COLUMN "unit_id" uuid NULL;
ALTER TABLE "grants" ADD CONSTRAINT "grants_unit_id_fk" FOREIGN KEY (tenant_id, unit_id) REFERENCES "units" (tenant_id, id);

CREATE FUNCTION holds(day date) RETURNS TABLE (membership_id uuid, role text, unit_id uuid) LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT g.membership_id, g.role, g.unit_id FROM public.grants g WHERE public.in_force(g, day)
  UNION ALL
  SELECT s.membership_id, r.code, s.unit_id FROM public.roles r, LATERAL jsonb_array_elements_text(r.posts) p, public.seats s
  WHERE r.since IS NOT NULL AND r.until IS NULL AND s.post = p AND public.in_force(s, day)
$$;

-- +goose Down
DROP FUNCTION holds(date);
ALTER TABLE "grants" DROP COLUMN "unit_id";
DROP TABLE "roles";
