-- Who keeps contact with whom (DP-08, ZS-42): members of the party with those
-- outside it, leaders and committees with a 界别. A row is never changed but for
-- its last day. What is in force, and which unit followed which, is asked as
-- everywhere. Additions only.

-- +goose Up
CREATE TABLE contact_pairs (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('MEMBER_MEMBER', 'LEADER_SECTOR', 'COMMITTEE_SECTOR')),
  from_member_id uuid,
  from_unit_id uuid,
  to_member_id uuid,
  to_unit_id uuid,
  starts_on date NOT NULL,
  ends_on date,
  reason text NOT NULL,
  by_id uuid NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, from_member_id) REFERENCES memberships (tenant_id, id),
  FOREIGN KEY (tenant_id, from_unit_id) REFERENCES units (tenant_id, id),
  FOREIGN KEY (tenant_id, to_member_id) REFERENCES memberships (tenant_id, id),
  FOREIGN KEY (tenant_id, to_unit_id) REFERENCES units (tenant_id, id),
  FOREIGN KEY (tenant_id, by_id) REFERENCES memberships (tenant_id, id)
);
CREATE INDEX ON contact_pairs (tenant_id, to_member_id);
CREATE INDEX ON contact_pairs (tenant_id, to_unit_id);

ALTER TABLE contact_pairs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON contact_pairs USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON contact_pairs TO bihuan_app;

-- A pair counts on a day while its own days have it and both sides are there, or
-- who followed them. It reads as its caller, within his committee.
CREATE FUNCTION in_force(p contact_pairs, day date) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT public.in_force(p.starts_on, p.ends_on, day)
    AND NOT EXISTS (SELECT FROM public.memberships m WHERE m.id IN (p.from_member_id, p.to_member_id) AND NOT public.in_force(m, day))
    AND NOT EXISTS (SELECT FROM public.units u WHERE u.id IN (public.heir(p.from_unit_id), public.heir(p.to_unit_id)) AND NOT public.in_force(u, day))
$$;

-- +goose Down
DROP FUNCTION in_force(contact_pairs, date);
DROP TABLE contact_pairs;
