-- Live states are run on from where the filter has passed, over the newest fixes alone.

-- `newest_epoch` is that of the newest fix that was there when the state was found, `basis` names
-- the registers and parameters it was found by. What the filter knew at the fix `passed_at`, with
-- how many fixes of the duty until then; all null where it is to be run from the start of duty.
alter table live_state
    add newest_epoch  timestamptz,
    add basis         text,
    add passed_at     timestamptz,
    add passed_odds   float8,
    add leaning_at    timestamptz,
    add unsure_at     timestamptz,
    add passed_fixes  integer,
    add constraint live_state_passed check ((passed_at is null) = (passed_odds is null)
        and (passed_at is null) = (leaning_at is null)
        and (passed_at is null) = (passed_fixes is null));

-- A row is rewritten with every fix of a worker; room on the page keeps that cheap.
alter table live_state set (fillfactor = 25);
