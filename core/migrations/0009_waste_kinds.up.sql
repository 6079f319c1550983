-- What the waste company fetches. Collections name a kind by its code, which never changes; kinds are archived, never deleted.
create table waste_kinds (
    code        text        not null primary key check (code ~ '^[A-Z0-9]{2,10}$'),
    name_nl     text        not null check (length(name_nl) between 1 and 100),
    name_en     text        not null check (length(name_en) between 1 and 100),
    name_fr     text        not null check (length(name_fr) between 1 and 100),
    -- Of the bins or bags, as #rrggbb.
    colour      text        not null check (colour ~ '^#[0-9a-f]{6}$'),
    -- The name of a drawing that the web app has.
    icon        text        not null check (icon ~ '^[a-z0-9-]{1,40}$'),
    archived_at timestamptz,
    version     bigint      not null default 1
);

insert into waste_kinds (code, name_nl, name_en, name_fr, colour, icon) values
    ('GFT', 'GFT', 'Organic waste', 'Déchets organiques', '#2b8a3e', 'leaf'),
    ('GLS', 'Glas', 'Glass', 'Verre', '#1098ad', 'bottle'),
    ('GRF', 'Grofvuil', 'Bulky waste', 'Encombrants', '#a0522d', 'sofa'),
    ('KER', 'Kerstbomen', 'Christmas trees', 'Sapins de Noël', '#2e8b57', 'christmas-tree'),
    ('PAP', 'Papier en karton', 'Paper and cardboard', 'Papier et carton', '#daa520', 'news'),
    ('PMD', 'PMD', 'PMD (plastic, metal and drink cartons)', 'PMC', '#1e90ff', 'recycle'),
    ('RES', 'Restafval', 'Residual waste', 'Déchets résiduels', '#696969', 'trash');
