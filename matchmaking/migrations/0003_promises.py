"""What the database itself refuses, whoever writes."""

from django.db import migrations

# What happened at the desk stays as it was written.
INSERT_ONLY = """
CREATE FUNCTION matchmaking_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER matchmaking_curationevent_insert_only BEFORE UPDATE OR DELETE ON matchmaking_curationevent
  FOR EACH ROW EXECUTE FUNCTION matchmaking_refuse_change();
"""
UNDO_INSERT_ONLY = """
DROP TRIGGER matchmaking_curationevent_insert_only ON matchmaking_curationevent;
DROP FUNCTION matchmaking_refuse_change();
"""

# A policy stands once a run used it.
USED_POLICY_STANDS = """
CREATE FUNCTION matchmaking_used_policy_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.used_at IS NOT NULL AND (
    NEW.rules IS DISTINCT FROM OLD.rules OR NEW.name <> OLD.name OR NEW.version <> OLD.version
    OR NEW.used_at IS NULL
  ) THEN
    RAISE EXCEPTION 'scoring policy % was used by a run and cannot change', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER matchmaking_scoringpolicy_used_stands BEFORE UPDATE ON matchmaking_scoringpolicy
  FOR EACH ROW EXECUTE FUNCTION matchmaking_used_policy_stands();
"""
UNDO_USED_POLICY_STANDS = """
DROP TRIGGER matchmaking_scoringpolicy_used_stands ON matchmaking_scoringpolicy;
DROP FUNCTION matchmaking_used_policy_stands();
"""

# An introduction implies that both sides said yes.
BOTH_SAID_YES = """
CREATE FUNCTION matchmaking_both_said_yes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (
    SELECT count(*) FROM matchmaking_response r JOIN matchmaking_pair p ON p.id = r.pair_id
    WHERE p.id = NEW.pair_id AND r.answer = 'interested' AND r.organization_id IN (p.low_id, p.high_id)
  ) <> 2 THEN
    RAISE EXCEPTION 'pair % cannot be introduced: not both sides are interested', NEW.pair_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER matchmaking_introduction_both_said_yes BEFORE INSERT ON matchmaking_introduction
  FOR EACH ROW EXECUTE FUNCTION matchmaking_both_said_yes();
"""
UNDO_BOTH_SAID_YES = """
DROP TRIGGER matchmaking_introduction_both_said_yes ON matchmaking_introduction;
DROP FUNCTION matchmaking_both_said_yes();
"""

# Their yes stands as long as the introduction is open.
YES_STANDS = """
CREATE FUNCTION matchmaking_yes_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.answer = 'interested' AND (TG_OP = 'DELETE' OR NEW.answer <> OLD.answer) AND EXISTS (
    SELECT 1 FROM matchmaking_introduction i WHERE i.pair_id = OLD.pair_id AND i.closed_at IS NULL
  ) THEN
    RAISE EXCEPTION 'pair % is introduced: its answers stand', OLD.pair_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER matchmaking_response_yes_stands BEFORE UPDATE OR DELETE ON matchmaking_response
  FOR EACH ROW EXECUTE FUNCTION matchmaking_yes_stands();
"""
UNDO_YES_STANDS = """
DROP TRIGGER matchmaking_response_yes_stands ON matchmaking_response;
DROP FUNCTION matchmaking_yes_stands();
"""

# An alliance sponsors a pair of its member and another.
SPONSORS_A_SIDE = """
CREATE FUNCTION matchmaking_sponsors_a_side() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM matchmaking_pair p WHERE p.id = NEW.pair_id
    AND NEW.member_id IN (p.low_id, p.high_id) AND NEW.alliance_id NOT IN (p.low_id, p.high_id)
  ) THEN
    RAISE EXCEPTION 'pair % cannot be sponsored: a side must be the member, and none the alliance', NEW.pair_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER matchmaking_sponsorship_of_a_side BEFORE INSERT OR UPDATE ON matchmaking_sponsorship
  FOR EACH ROW EXECUTE FUNCTION matchmaking_sponsors_a_side();
"""
UNDO_SPONSORS_A_SIDE = """
DROP TRIGGER matchmaking_sponsorship_of_a_side ON matchmaking_sponsorship;
DROP FUNCTION matchmaking_sponsors_a_side();
"""


class Migration(migrations.Migration):
    # Databases made before the first release have these; a new one knows nothing of them.
    replaces = [
        ("matchmaking", "0005_both_said_yes"),
        ("matchmaking", "0011_sponsorship"),
    ]

    dependencies = [("matchmaking", "0002_ranking_and_cache")]

    operations = [
        migrations.RunSQL(INSERT_ONLY, UNDO_INSERT_ONLY),
        migrations.RunSQL(USED_POLICY_STANDS, UNDO_USED_POLICY_STANDS),
        migrations.RunSQL(BOTH_SAID_YES, UNDO_BOTH_SAID_YES),
        migrations.RunSQL(YES_STANDS, UNDO_YES_STANDS),
        migrations.RunSQL(SPONSORS_A_SIDE, UNDO_SPONSORS_A_SIDE),
    ]
