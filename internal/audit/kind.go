package audit

import (
	"fmt"
	"slices"
)

// Whoever adds a kind gives it words on screen as well: a test of the web app reads these lists.
var (
	// kinds are what can happen, by the thing.
	kinds = []string{
		"account.anonymised",
		"account.changed",
		"account.created",
		"account.deactivated",
		"account.email_change_requested",
		"account.email_changed",
		"account.password_changed",
		"account.password_reset",
		"account.reactivated",
		"account.regions_changed",
		"account.reset_requested",
		"account.role_changed",
		"building.archived",
		"building.changed",
		"building.created",
		"building.public_id_renewed",
		"building.unarchived",
		"collection.changed",
		"collection.created",
		"collection.deleted",
		"collection.generated",
		"collection.restored",
		"collection_rule.archived",
		"collection_rule.changed",
		"collection_rule.created",
		"collection_rule.unarchived",
		"comment.changed",
		"comment.created",
		"comment.deleted",
		"invitation.accepted",
		"invitation.changed",
		"invitation.created",
		"invitation.renewed",
		"invitation.withdrawn",
		"mail.preferences_changed",
		"mail.resent",
		"mail.sent",
		"mail.template_changed",
		"mail.template_created",
		"mail.template_deleted",
		"mail.test_sent",
		"manual.added",
		"manual.changed",
		"manual.deleted",
		"picture.added",
		"region.changed",
		"region.created",
		"region.deleted",
		"remark.changed",
		"remark.created",
		"remark.deleted",
		"run.cancelled",
		"run.changed",
		"run.completed",
		"run.planned",
		"run.started",
		"second_factor.codes_renewed",
		"second_factor.enrolled",
		"second_factor.recovery_code_used",
		"second_factor.removed",
		"second_factor.reset",
		"session.confirmed",
		"session.ended",
		"session.started",
		"token.created",
		"token.withdrawn",
		"tour.archived",
		"tour.changed",
		"tour.created",
		"tour.stops_changed",
		"tour.unarchived",
		"visit.outcome",
		"visit.step",
		"waste_kind.archived",
		"waste_kind.changed",
		"waste_kind.created",
		"waste_kind.unarchived",
	}
	// thingKinds are what it can happen to.
	thingKinds = []string{
		"account",
		"building",
		"collection",
		"collection_rule",
		"invitation",
		"mail",
		"picture",
		"region",
		"remark",
		"run",
		"sending",
		"session",
		"template",
		"token",
		"tour",
		"visit",
		"waste_kind",
	}
)

// check refuses a change that nobody could read.
func (c Change) check() error {
	if !slices.Contains(kinds, c.Kind) || !slices.Contains(thingKinds, c.ThingKind) {
		return fmt.Errorf("the audit log has no words for %s of %s: add them to internal/audit/kind.go", c.Kind, c.ThingKind)
	}
	return nil
}
