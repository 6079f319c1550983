//go:build !encore_app

package settings

import stock "encore.stock"

// What is wrong is told in one message with the settings that the infrastructure has, before any service is made. Under the
// official runtime the services tell it.
func init() {
	stock.CheckAtStart(func() error {
		_, err := read()
		return err
	})
}
