-- The number of the last plan of duty that a terminal was told, and what was in it: a terminal
-- follows a plan only if its number is greater than that of the one before.
create table terminal_plan (
    terminal_id  text primary key,
    number       bigint not null,
    content      text not null
);
