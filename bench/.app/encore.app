{
	// The application that is measured: one endpoint without a database, one that reads a row.
	"id": "",
}
