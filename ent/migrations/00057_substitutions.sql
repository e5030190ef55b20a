-- One person acts for another in a period (代理). holds(day) tells for whom: a
-- substitute holds what the other holds by himself, so nobody is a substitute's
-- substitute, and all of it ends with the other's seat, grant, membership or
-- account. What two have to give is lent when an administrator has confirmed it;
-- the ruling roles and the book are never lent. The previous version knows no
-- substitutes, and reads the first columns of the function by name.

-- +goose Up
CREATE TABLE "substitutions" ("id" uuid NOT NULL, "tenant_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "valid_from" date NULL, "valid_to" date NULL, "reason" text NULL, "ended_at" timestamptz NULL, "confirmed_at" timestamptz NULL, "member_id" uuid NOT NULL, "substitute_id" uuid NOT NULL, "confirmed_by_id" uuid NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "substitution_tenant_id_id" ON "substitutions" ("tenant_id", "id");
CREATE INDEX "substitution_tenant_id_substitute_id" ON "substitutions" ("tenant_id", "substitute_id");
CREATE INDEX "substitution_tenant_id_member_id" ON "substitutions" ("tenant_id", "member_id");
ALTER TABLE "substitutions" ADD CONSTRAINT "substitutions_tenant_fk" FOREIGN KEY (tenant_id) REFERENCES tenants (id);
ALTER TABLE "substitutions" ADD CONSTRAINT "substitutions_member_id_fk" FOREIGN KEY (tenant_id, member_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "substitutions" ADD CONSTRAINT "substitutions_substitute_id_fk" FOREIGN KEY (tenant_id, substitute_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "substitutions" ADD CONSTRAINT "substitutions_confirmed_by_id_fk" FOREIGN KEY (tenant_id, confirmed_by_id) REFERENCES "memberships" (tenant_id, id);
ALTER TABLE "substitutions" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON "substitutions" USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON "substitutions" TO bihuan_app;
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE ON substitutions FOR EACH STATEMENT EXECUTE FUNCTION rights_changed();

CREATE FUNCTION in_force(s substitutions, day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT s.ended_at IS NULL AND in_force(s.valid_from, s.valid_to, day) $$;

DROP FUNCTION holds(date);
CREATE FUNCTION holds_himself(day date) RETURNS TABLE (membership_id uuid, role text, unit_id uuid) LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT g.membership_id, g.role, g.unit_id FROM public.grants g WHERE public.in_force(g, day)
  UNION ALL
  SELECT s.membership_id, r.code, s.unit_id FROM public.roles r, LATERAL jsonb_array_elements_text(r.posts) p, public.seats s
  WHERE r.since IS NOT NULL AND r.until IS NULL AND s.post = p AND public.in_force(s, day)
$$;
-- What is lent counts everywhere, for what reaches so far, and in each unit of
-- the other's, for what is about his units.
CREATE FUNCTION holds(day date) RETURNS TABLE (membership_id uuid, role text, unit_id uuid, behalf uuid) LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT h.membership_id, h.role, h.unit_id, NULL::uuid FROM public.holds_himself(day) h
  UNION ALL
  SELECT b.substitute_id, h.role, place.unit_id, b.member_id
  FROM public.substitutions b
  JOIN public.memberships m ON m.id = b.member_id AND m.account_id IS NOT NULL AND public.in_force(m, day)
  JOIN public.holds_himself(day) h ON h.membership_id = b.member_id,
  LATERAL (SELECT h.unit_id UNION
    SELECT s.unit_id FROM public.seats s WHERE h.unit_id IS NULL AND s.membership_id = b.member_id AND s.post <> 'SUPERVISOR' AND public.in_force(s, day)) place
  WHERE public.in_force(b, day) AND h.role NOT IN ('tenant_admin', 'auditor') AND (b.confirmed_by_id IS NOT NULL OR (
    h.role NOT IN ('chair', 'secretary_general')
    AND NOT EXISTS (SELECT FROM public.roles r WHERE r.code = h.role AND r.confirmed_by_id IS NOT NULL AND r.since IS NOT NULL AND r.until IS NULL)))
$$;

-- +goose Down
DROP FUNCTION holds(date);
CREATE FUNCTION holds(day date) RETURNS TABLE (membership_id uuid, role text, unit_id uuid) LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT h.membership_id, h.role, h.unit_id FROM public.holds_himself(day) h
$$;
DROP FUNCTION in_force(substitutions, date);
DROP TABLE "substitutions";
