-- A renamed or merged unit keeps its rows and its id in every matter, and
-- names its successor. Who asks whom a row of it concerns today asks here:
-- heir(unit) is who is there at the end of the chain, the unit itself when
-- nothing followed it; inherited(units) is those units and all that went over
-- into them. Both read as their caller, within his committee. Package authz
-- has the same in Go, and a test compares the two.

-- +goose Up
CREATE FUNCTION heir(unit uuid) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH RECURSIVE chain (id, next) AS (
    SELECT u.id, u.successor_id FROM public.units u WHERE u.id = unit
    UNION SELECT u.id, u.successor_id FROM public.units u JOIN chain c ON u.id = c.next
  ) SELECT id FROM chain WHERE next IS NULL $$;
CREATE FUNCTION inherited(heirs uuid[]) RETURNS TABLE (id uuid) LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH RECURSIVE past (id) AS (
    SELECT unnest(heirs) UNION SELECT u.id FROM public.units u JOIN past p ON u.successor_id = p.id
  ) SELECT past.id FROM past $$;
