// Package rights holds the table of every endpoint of the application and what it answers to whom. It has tests only:
// they call the endpoints of the services as they run together, each with its own database, as a person of every role and
// as nobody. A new endpoint is red here until it has its row.
package rights
