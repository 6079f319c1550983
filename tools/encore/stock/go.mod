module encore.stock

go 1.26.0
