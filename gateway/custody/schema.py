"""The tables of the spool."""

SCHEMA = (
    """
    -- who this spool is
    create table if not exists spool (
        only_row integer primary key check (only_row = 1),
        id text not null
    )
    """,
    """
    -- the last number that each terminal was given
    create table if not exists terminal (
        terminal_id text primary key,
        last_seq integer not null
    ) without rowid
    """,
    """
    -- fixes that the server has not reported stored, in the order in which they came
    create table if not exists position (
        arrived integer primary key autoincrement,
        terminal_id text not null,
        seq integer not null,
        source text not null,
        epoch_ms integer not null,
        lat_e7 integer not null,
        lon_e7 integer not null,
        altitude_dm integer,
        speed_cmps integer,
        course_ddeg integer,
        hdop_d integer,
        accuracy_dm integer,
        satellites integer,
        quality integer,
        battery_pct integer,
        flags integer not null
    )
    """,
    "create unique index if not exists position_by_number on position (terminal_id, seq)",
    """
    -- events and photo reports, as payloads of the wire
    create table if not exists letter (
        arrived integer primary key autoincrement,
        terminal_id text not null,
        kind text not null,
        id text not null,
        payload blob not null,
        unique (terminal_id, id)
    )
    """,
    """
    -- who has asked to be let in and is not known
    create table if not exists stranger (
        protocol text not null,
        identity text not null,
        peer text not null,
        times integer not null,
        last_at text not null,
        primary key (protocol, identity)
    ) without rowid
    """,
)
