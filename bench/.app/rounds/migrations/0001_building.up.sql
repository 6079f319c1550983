CREATE TABLE building (
	id             BIGINT PRIMARY KEY,
	name           TEXT NOT NULL,
	street         TEXT NOT NULL,
	house_number   TEXT NOT NULL,
	postal_code    TEXT NOT NULL,
	city           TEXT NOT NULL,
	agreed_minutes INT  NOT NULL
);

INSERT INTO building
SELECT n, 'Residentie ' || n, 'Overpoortstraat', n::text, '9000', 'Gent', 5 + n % 20
FROM generate_series(1, 1000) AS n;
