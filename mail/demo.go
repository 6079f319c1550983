package mail

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"encore.app/mail/store"
)

// demoOffice is the demo account that wrote the demo templates.
const demoOffice = "office@trottoir.example"

// demoTemplates are what an office writes to syndics again and again.
var demoTemplates = []store.InsertTemplateParams{
	{
		Name:    "Bakken niet toegankelijk",
		Subject: "De bakken van {{building}} waren niet bereikbaar",
		Body: "Beste {{first_name}}\n\nOp {{date}} konden we de bakken van {{building}} niet buiten zetten: de toegang was versperd. " +
			"De foto's vindt u in bijlage.\n\nKunt u de doorgang vrijmaken voor de volgende ophaling? Alles wat we er deden, ziet u op " +
			"{{link}}\n\nMet vriendelijke groeten\nHet kantoor",
	},
	{
		Name:    "Foto's van uw gebouw",
		Subject: "Foto's van {{building}}",
		Body: "Beste {{first_name}}\n\nIn bijlage de foto's van ons bezoek aan {{building}}. U vindt ze ook altijd op {{link}}\n\n" +
			"Met vriendelijke groeten\nHet kantoor",
	},
	{
		Name:    "Handleiding bijwerken",
		Subject: "Klopt de handleiding van {{building}} nog?",
		Body: "Beste {{first_name}}\n\nOnze studenten vonden de plaats van de bakken van {{building}} anders dan in de handleiding staat. " +
			"Wilt u een nieuwe versie opladen? Dat kan op {{link}}\n\nBedankt\nHet kantoor",
	},
	{
		Name:    "Nouvelle étudiante, nouvel étudiant",
		Subject: "Bienvenue, {{first_name}}",
		Body: "Bonjour {{name}}\n\nTon compte est prêt. Tes tournées, avec les adresses et les codes, se trouvent sur {{link}}\n\n" +
			"Installe l'application sur ton téléphone avant ta première tournée.\n\nLe bureau",
	},
}

// makeDemoTemplates makes the demo templates when there is none yet.
func (s *Service) makeDemoTemplates(ctx context.Context) error {
	people, err := s.ask.peopleByEmail(ctx, []string{demoOffice})
	if err != nil {
		return fmt.Errorf("find the demo account: %w", err)
	}
	author := people[demoOffice]
	if author == nil {
		return fmt.Errorf("the demo account %s is missing", demoOffice)
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		if err := query.LockTemplates(ctx); err != nil {
			return err
		}
		if count, err := query.CountTemplates(ctx); err != nil || count > 0 {
			return err
		}
		for _, template := range demoTemplates {
			template.ChangedBy, template.ChangedAt = author.ID, s.now()
			if _, err := query.InsertTemplate(ctx, template); err != nil {
				return err
			}
		}
		return nil
	})
}
