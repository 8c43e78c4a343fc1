"""An introduction implies that both sides said yes, and their yes stands as long as it is open."""

from django.db import migrations

TRIGGERS = """
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

UNDO_TRIGGERS = """
DROP TRIGGER matchmaking_response_yes_stands ON matchmaking_response;
DROP FUNCTION matchmaking_yes_stands();
DROP TRIGGER matchmaking_introduction_both_said_yes ON matchmaking_introduction;
DROP FUNCTION matchmaking_both_said_yes();
"""


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0004_answers_and_introductions")]

    operations = [migrations.RunSQL(TRIGGERS, UNDO_TRIGGERS)]
