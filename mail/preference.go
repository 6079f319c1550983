package mail

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"encore.app/auth"
	"encore.app/internal/audit"
	"encore.app/internal/refusal"
	"encore.app/mail/store"
)

// The kinds of mail about work, which people choose for themselves.
const (
	kindRuns     = "runs"     // runs were planned, changed or cancelled: to who does them
	kindReminder = "reminder" // the evening before a run: to who does it
	// somebody asks that another worker does a run of theirs: to who could
	kindSwapsAsked = "swaps-asked"
	kindSwaps      = "swaps" // what became of a swap: to who asked it, and who has taken it
	// somebody has taken a run, and it wants a decision: to the office
	kindSwapsTaken = "swaps-taken"
	kindRunLate    = "run-late" // runs were not started in time, or late: to the office
	kindStops      = "stops"    // stops were skipped or failed, or a worker wrote a remark: to the office
	// the same at their buildings: to syndics, where the office chose so
	kindBuildingStops = "building-stops"
	kindIncidents     = "incidents" // problems were reported: to the office
	// problems were reported at their buildings: to syndics who want it
	kindBuildingIncidents = "building-incidents"
	kindDaySummary        = "day-summary" // what became of the day, when it ends: to who wants it in the office
)

// The choices.
const (
	choiceOn     = "on"
	choiceOff    = "off"
	choiceDigest = "digest"
)

// chosen is a kind that people of some roles choose.
type chosen struct {
	kind    string
	choices []string // the first one is the default
	roles   []auth.Role
}

var officeRoles = []auth.Role{auth.RoleAdmin, auth.RoleSuperstudent}

var chosenKinds = []chosen{
	{kindRuns, []string{choiceOn, choiceDigest, choiceOff}, append([]auth.Role{auth.RoleStudent}, officeRoles...)},
	{kindReminder, []string{choiceOn, choiceOff}, append([]auth.Role{auth.RoleStudent}, officeRoles...)},
	{kindSwapsAsked, []string{choiceOn, choiceDigest, choiceOff}, append([]auth.Role{auth.RoleStudent}, officeRoles...)},
	{kindSwaps, []string{choiceOn, choiceDigest, choiceOff}, append([]auth.Role{auth.RoleStudent}, officeRoles...)},
	{kindSwapsTaken, []string{choiceOn, choiceDigest, choiceOff}, officeRoles},
	{kindRunLate, []string{choiceOn, choiceDigest, choiceOff}, officeRoles},
	{kindStops, []string{choiceOn, choiceDigest, choiceOff}, officeRoles},
	{kindBuildingStops, []string{choiceOn, choiceDigest, choiceOff}, []auth.Role{auth.RoleSyndic}},
	{kindIncidents, []string{choiceOn, choiceDigest, choiceOff}, officeRoles},
	{kindBuildingIncidents, []string{choiceOff, choiceOn, choiceDigest}, []auth.Role{auth.RoleSyndic}},
	{kindDaySummary, []string{choiceOff, choiceOn}, officeRoles},
}

// kindsOf returns what somebody of a role gets mail about.
func kindsOf(role auth.Role) []chosen {
	return slices.DeleteFunc(slices.Clone(chosenKinds), func(c chosen) bool { return !slices.Contains(c.roles, role) })
}

func defaultOf(kind string) string {
	for _, c := range chosenKinds {
		if c.kind == kind {
			return c.choices[0]
		}
	}
	return choiceOn
}

// Preference is what a person wants to hear of.
type Preference struct {
	// Kind is what the mail is about: runs (planned, changed or cancelled for them), reminder (the evening before),
	// swaps-asked (another worker's run that they could take), swaps (what became of one that they asked or took), swaps-taken
	// (a swap wants a decision; the office), run-late
	// (not started in time, or started late; the office), stops (skipped or failed, or a remark; the office), building-stops (the
	// same at their buildings; syndics, where the office chose so), incidents
	// (reported problems; the office), building-incidents (the same at their buildings; syndics, off until they turn it on),
	// day-summary (what became of the day, at DAY_SUMMARY_TIME; the office, off until they turn it on).
	Kind string `json:"kind"`
	// Choice is on (within minutes), digest (once a day, at the time of the reminder) or off; what it was when it is missing.
	Choice string `json:"choice" encore:"optional"`
	// Notify tells whether they want notifications of it, too; what it was when it is missing.
	Notify *bool `json:"notify" encore:"optional"`
}

// PreferenceChoices is a preference with what else it could be.
type PreferenceChoices struct {
	Kind string `json:"kind"`
	// Choice is on, digest or off.
	Choice string `json:"choice"`
	// Choices are those that this kind has, the default one first.
	Choices []string `json:"choices"`
	// Notify tells whether they get notifications of it on their devices, too; null when there are none of this kind.
	Notify *bool `json:"notify"`
}

// PreferencesResponse holds the preferences of the caller.
type PreferencesResponse struct {
	// Items are the kinds that the caller's role gets; mail about their account is not among them: it is always sent.
	Items []*PreferenceChoices `json:"items"`
}

// PutPreferencesParams change preferences.
type PutPreferencesParams struct {
	// Items are the kinds to change; others stay. At most 20.
	Items []Preference `json:"items"`
}

// Validate refuses too many preferences (invalid_argument).
func (p *PutPreferencesParams) Validate() error {
	if len(p.Items) > 20 {
		return refusal.Invalid("items", refusal.TooLong, "There are fewer kinds of mail than that.")
	}
	return nil
}

// GetPreferences returns which mail and notifications the caller gets.
//
//encore:api auth method=GET path=/mail/preferences
func (s *Service) GetPreferences(ctx context.Context) (*PreferencesResponse, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	return s.preferencesOf(ctx, s.query, who)
}

// PutPreferences changes which mail and notifications the caller gets.
//
// Errors: invalid_argument for a kind that the caller's role does not get, or a choice that the kind does not have, and for
// notifications of a kind that has none.
//
//encore:api auth method=PUT path=/mail/preferences
func (s *Service) PutPreferences(ctx context.Context, p *PutPreferencesParams) (*PreferencesResponse, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	for _, item := range p.Items {
		kinds := kindsOf(who.Role)
		at := slices.IndexFunc(kinds, func(c chosen) bool { return c.kind == item.Kind })
		switch {
		case at < 0:
			return nil, refusal.Invalid("items", refusal.Unknown, "You get no mail of this kind.")
		case item.Notify != nil && !slices.Contains(notifiedKinds, item.Kind):
			return nil, refusal.Invalid("items", refusal.Unknown, "There are no notifications of this kind.")
		case item.Choice != "" && !slices.Contains(kinds[at].choices, item.Choice):
			return nil, refusal.Invalid("items", refusal.Unknown, "The choices of this kind are on, off, and for some digest.")
		}
	}
	var answer *PreferencesResponse
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		if answer, err = s.choose(ctx, tx, who, actorOf(who), p.Items); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return nil, refusal.Failure(err, "keep the preferences")
	}
	return answer, nil
}

// choose changes the preferences of a person, and tells the audit log when that makes a difference.
func (s *Service) choose(
	ctx context.Context, tx pgx.Tx, who *auth.Data, actor audit.Actor, items []Preference,
) (*PreferencesResponse, error) {
	query := s.query.WithTx(tx)
	before, err := s.preferencesOf(ctx, query, who)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		if item.Notify != nil {
			err := query.SetNotificationChoice(ctx, store.SetNotificationChoiceParams{
				UserID: who.UserID, Kind: item.Kind, Wanted: *item.Notify, Now: s.clock(),
			})
			if err != nil {
				return nil, fmt.Errorf("keep whether somebody wants notifications: %w", err)
			}
		}
		if item.Choice == "" {
			continue
		}
		err := query.SetPreference(ctx, store.SetPreferenceParams{
			UserID: who.UserID, Kind: item.Kind, Choice: item.Choice, Now: s.clock(),
		})
		if err != nil {
			return nil, fmt.Errorf("keep a preference: %w", err)
		}
	}
	after, err := s.preferencesOf(ctx, query, who)
	if err != nil || maps.Equal(choicesOf(before), choicesOf(after)) {
		return after, err
	}
	return after, audit.Append(ctx, tx, audit.Change{
		Kind: "mail.preferences_changed", ThingKind: "account", ThingID: who.UserID, Actor: actor, OccurredAt: s.clock(),
		Before: choicesOf(before), After: choicesOf(after),
	})
}

func choicesOf(p *PreferencesResponse) map[string]string {
	choices := map[string]string{}
	for _, item := range p.Items {
		choices[item.Kind] = item.Choice
		if item.Notify != nil && !*item.Notify {
			choices[item.Kind+"-notifications"] = choiceOff
		}
	}
	return choices
}

func (s *Service) preferencesOf(ctx context.Context, query *store.Queries, who *auth.Data) (*PreferencesResponse, error) {
	rows, err := query.Preferences(ctx, []int64{who.UserID})
	if err != nil {
		return nil, refusal.Failure(err, "read the preferences")
	}
	wanted, err := query.NotificationChoices(ctx, who.UserID)
	if err != nil {
		return nil, refusal.Failure(err, "read the preferences")
	}
	answer := &PreferencesResponse{Items: []*PreferenceChoices{}}
	for _, c := range kindsOf(who.Role) {
		item := &PreferenceChoices{Kind: c.kind, Choice: c.choices[0], Choices: c.choices}
		for _, row := range rows {
			if row.Kind == c.kind {
				item.Choice = row.Choice
			}
		}
		if slices.Contains(notifiedKinds, c.kind) {
			notify := !slices.ContainsFunc(wanted, func(n store.NotificationChoice) bool { return n.Kind == c.kind && !n.Wanted })
			item.Notify = &notify
		}
		answer.Items = append(answer.Items, item)
	}
	return answer, nil
}

// choices returns what each of the people chose for a kind.
func (s *Service) choices(ctx context.Context, kind string, userIDs ...int64) (map[int64]string, error) {
	rows, err := s.query.Preferences(ctx, userIDs)
	if err != nil {
		return nil, fmt.Errorf("read the preferences: %w", err)
	}
	found := make(map[int64]string, len(userIDs))
	for _, id := range userIDs {
		found[id] = defaultOf(kind)
	}
	for _, row := range rows {
		if row.Kind == kind {
			found[row.UserID] = row.Choice
		}
	}
	return found, nil
}
