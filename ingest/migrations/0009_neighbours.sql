-- One corner of each premises, to find those near a grid without reading every shape. In the
-- order of the geometries' depth: MultiPolygon, Polygon, Point.
alter table premises
    add column lon_deg double precision generated always as (
        coalesce(geometry #>> '{coordinates,0,0,0,0}', geometry #>> '{coordinates,0,0,0}',
                 geometry #>> '{coordinates,0}')::double precision) stored,
    add column lat_deg double precision generated always as (
        coalesce(geometry #>> '{coordinates,0,0,0,1}', geometry #>> '{coordinates,0,0,1}',
                 geometry #>> '{coordinates,1}')::double precision) stored;
create index premises_by_place on premises (lat_deg, lon_deg);
