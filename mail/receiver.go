package mail

import (
	"context"
	"maps"
	"slices"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
	"encore.app/mail/store"
)

const (
	// maxReceivers is how many people one mail of the office goes to, copies too.
	maxReceivers = 200
	maxCopies    = 10
)

// ReceiversResponse says who would get a mail.
type ReceiversResponse struct {
	// Items are those who would, in the order of sending; the copies go with the first one.
	Items []*Receiver `json:"items"`
	// Copies are who would get a copy.
	Copies []*Mailbox `json:"copies"`
	// Skipped are those who were named and would get nothing.
	Skipped []*Skipped `json:"skipped"`
}

// Receiver is somebody who would get a mail.
type Receiver struct {
	// UserID is their account; 0 without one.
	UserID int64 `json:"user_id"`
	// Name is theirs; empty when it is not known.
	Name string `json:"name"`
	// Address is where it would go.
	Address string `json:"address" encore:"sensitive"`
	// BuildingIDs are the buildings that it is about for them.
	BuildingIDs []int64 `json:"building_ids"`
}

// Receivers tells who would get a mail if Send were called with the same now, and who not. Nothing is sent, and pictures are not
// looked at. For the office.
//
// Errors: as Send has them, but for those about pictures, a missing SMTP server and too many requests.
//
//encore:api auth method=POST path=/mail/receivers
func (s *Service) Receivers(ctx context.Context, p *SendParams) (*ReceiversResponse, error) {
	if _, err := callerFromOffice(); err != nil {
		return nil, err
	}
	l, err := readLetter(p.Subject, p.Body)
	if err != nil {
		return nil, err
	}
	to, err := s.resolve(ctx, l, p)
	if err != nil {
		return nil, err
	}
	answer := &ReceiversResponse{Items: make([]*Receiver, len(to.receivers)), Copies: []*Mailbox{}, Skipped: to.skipped}
	for i, r := range to.receivers {
		answer.Items[i] = &Receiver{UserID: r.userID(), Address: r.address, BuildingIDs: r.buildings}
		if r.user != nil {
			mailbox := addressOf(r.user)
			answer.Items[i].Name, answer.Items[i].Address = mailbox.Name, mailbox.Email
		}
	}
	copies, err := s.copies(ctx, store.Sending{CcUserIds: to.ccUsers, CcAddresses: to.ccAddresses}, isActive)
	if err != nil {
		return nil, refusal.Failure(err, "read who gets a copy")
	}
	for _, one := range copies {
		answer.Copies = append(answer.Copies, &Mailbox{Name: one.Name, Address: one.Email})
	}
	return answer, s.nameSkipped(ctx, answer.Skipped)
}

// Why somebody gets nothing.
const (
	skippedInactive = "inactive"
	skippedNoSyndic = "no_syndic"
)

// receiver is somebody who gets what the office writes: an account, or an address without one.
type receiver struct {
	user      *auth.User
	address   string
	buildings []int64
}

func (r *receiver) userID() int64 {
	if r.user == nil {
		return 0
	}
	return r.user.ID
}

// receivers are all who get a mail, and who does not.
type receivers struct {
	receivers   []*receiver
	ccUsers     []int64
	ccAddresses []string
	skipped     []*Skipped
}

// sendingFacts is what the audit log keeps of a mail to people: no addresses, no text.
type sendingFacts struct {
	UserIDs     []int64  `json:"user_ids"`
	BuildingIDs []int64  `json:"building_ids"`
	Addresses   int      `json:"addresses"`
	CcUserIDs   []int64  `json:"cc_user_ids"`
	CcAddresses int      `json:"cc_addresses"`
	PictureIDs  []string `json:"picture_ids"`
}

func (r *receivers) facts(pictureIDs []string) sendingFacts {
	facts := sendingFacts{
		UserIDs: []int64{}, BuildingIDs: []int64{}, CcUserIDs: r.ccUsers, CcAddresses: len(r.ccAddresses), PictureIDs: pictureIDs,
	}
	for _, to := range r.receivers {
		if to.user == nil {
			facts.Addresses++
		} else {
			facts.UserIDs = append(facts.UserIDs, to.user.ID)
		}
		facts.BuildingIDs = append(facts.BuildingIDs, to.buildings...)
	}
	slices.Sort(facts.BuildingIDs)
	facts.BuildingIDs = slices.Compact(facts.BuildingIDs)
	return facts
}

// addUser adds a person once, about a building (0 for none), or says that they are skipped.
func (r *receivers) addUser(user *auth.User, building int64) {
	if !user.Active || user.Email == "" {
		r.skip(Skipped{UserID: user.ID, BuildingID: building, Reason: skippedInactive})
		return
	}
	at := slices.IndexFunc(r.receivers, func(to *receiver) bool { return to.userID() == user.ID })
	if at < 0 {
		at = len(r.receivers)
		r.receivers = append(r.receivers, &receiver{user: user, buildings: []int64{}})
	}
	if building != 0 && !slices.Contains(r.receivers[at].buildings, building) {
		r.receivers[at].buildings = append(r.receivers[at].buildings, building)
	}
}

func (r *receivers) skip(skipped Skipped) {
	if !slices.ContainsFunc(r.skipped, func(before *Skipped) bool { return *before == skipped }) {
		r.skipped = append(r.skipped, &skipped)
	}
}

// typed is an address that somebody typed, with the account that it belongs to.
type typed struct {
	address string
	user    *auth.User
}

// resolve finds who gets a letter, and refuses when that is nobody, or somebody to whom it cannot be written.
func (s *Service) resolve(ctx context.Context, l letter, p *SendParams) (*receivers, error) {
	userIDs, err := input.IDs("user_ids", p.UserIDs, maxReceivers)
	if err != nil {
		return nil, err
	}
	buildingIDs, err := input.IDs("building_ids", p.BuildingIDs, maxReceivers)
	if err != nil {
		return nil, err
	}
	if len(p.UserIDs)+len(p.BuildingIDs)+len(p.Addresses) == 0 {
		return nil, refusal.Invalid("user_ids", refusal.Required, "Say who gets the mail.")
	}
	if p.AboutBuildingID != 0 {
		if _, err := s.existingBuildings(ctx, "about_building_id", []int64{p.AboutBuildingID}); err != nil {
			return nil, err
		}
	}
	addresses, err := s.readAddresses(ctx, "addresses", p.Addresses, maxReceivers)
	if err != nil {
		return nil, err
	}
	copies, err := s.readAddresses(ctx, "cc", p.Cc, maxCopies)
	if err != nil {
		return nil, err
	}
	to := &receivers{ccUsers: []int64{}, ccAddresses: []string{}, skipped: []*Skipped{}}
	if err := s.addUsers(ctx, to, userIDs, p.UserIDs); err != nil {
		return nil, err
	}
	if err := s.addSyndics(ctx, to, buildingIDs, p.BuildingIDs); err != nil {
		return nil, err
	}
	for _, one := range addresses {
		switch {
		case one.user != nil:
			to.addUser(one.user, 0)
		case !slices.ContainsFunc(to.receivers, func(r *receiver) bool { return r.address == one.address }):
			to.receivers = append(to.receivers, &receiver{address: one.address, buildings: []int64{}})
		}
	}
	for _, one := range copies {
		to.addCopy(one)
	}
	for _, r := range to.receivers {
		if len(r.buildings) == 0 && p.AboutBuildingID != 0 {
			r.buildings = []int64{p.AboutBuildingID}
		}
	}
	return to, to.check(l, addresses)
}

// addCopy adds who gets a copy, once and not beside the mail itself.
func (r *receivers) addCopy(one typed) {
	switch {
	case slices.ContainsFunc(r.receivers, func(to *receiver) bool {
		return one.user != nil && to.userID() == one.user.ID || one.user == nil && to.address == one.address
	}):
	case one.user == nil:
		if !slices.Contains(r.ccAddresses, one.address) {
			r.ccAddresses = append(r.ccAddresses, one.address)
		}
	case !one.user.Active || one.user.Email == "":
		r.skip(Skipped{UserID: one.user.ID, Reason: skippedInactive})
	case !slices.Contains(r.ccUsers, one.user.ID):
		r.ccUsers = append(r.ccUsers, one.user.ID)
	}
}

// check refuses what cannot be sent as it is.
func (r *receivers) check(l letter, addresses []typed) error {
	switch {
	case len(r.receivers) == 0:
		return refusal.Precondition("", refusal.NoReceiver,
			"None of these people can get mail: their accounts are not active, or nobody manages the buildings.")
	case len(r.receivers)+len(r.ccUsers)+len(r.ccAddresses) > maxReceivers:
		return refusal.Invalid("", refusal.TooManyReceivers, "A mail goes to at most 200 people at once, copies too. Send it in parts.")
	}
	if _, found := l.namesReceiver(); found {
		var rows []refusal.Row
		for i, one := range addresses {
			if one.user == nil {
				rows = append(rows, refusal.Row{Index: i, Reason: refusal.NoValue})
			}
		}
		if len(rows) > 0 {
			return refusal.InvalidRows("addresses", rows,
				"The text names its receiver, and nobody knows the names of these. Write it without {{first_name}} and {{name}}.")
		}
	}
	field, found := l.uses(buildingVariable)
	if found && slices.ContainsFunc(r.receivers, func(to *receiver) bool { return len(to.buildings) == 0 }) {
		return refusal.Invalid(field, refusal.NoValue, "The text has {{building}}: say which building it is about.")
	}
	return nil
}

// readAddresses reads what somebody typed, and whose accounts they are.
func (s *Service) readAddresses(ctx context.Context, field string, texts []string, maximum int) ([]typed, error) {
	if len(texts) > maximum {
		return nil, refusal.Invalid(field, refusal.TooManyReceivers, "That are too many addresses at once.")
	}
	var rows []refusal.Row
	found := make([]typed, len(texts))
	for i, text := range texts {
		address, err := input.Email(field, text)
		if err != nil {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.ReasonOf(err)})
		}
		found[i].address = address
	}
	if len(rows) > 0 {
		return nil, refusal.InvalidRows(field, rows, "These are no e-mail addresses; the rows say which.")
	}
	if len(texts) == 0 {
		return found, nil
	}
	accounts, err := s.ask.peopleByEmail(ctx, texts)
	if err != nil {
		return nil, refusal.Failure(err, "look whose addresses these are")
	}
	for i, text := range texts {
		forms, err := input.SameEmails(field, text)
		if err != nil {
			return nil, err
		}
		for _, form := range forms {
			if user, ok := accounts[form]; ok && found[i].user == nil {
				found[i].user = user
			}
		}
	}
	return found, nil
}

// addUsers adds people by their ids; asked are the ids as the request has them.
func (s *Service) addUsers(ctx context.Context, to *receivers, ids, asked []int64) error {
	if len(ids) == 0 {
		return nil
	}
	people, err := s.ask.people(ctx, ids)
	if err != nil {
		return refusal.Failure(err, "read the receivers")
	}
	if rows := unknownRows(asked, func(id int64) bool { return people[id] != nil }); len(rows) > 0 {
		return refusal.InvalidRows("user_ids", rows, "There are no such people; the rows say which.")
	}
	for _, id := range ids {
		to.addUser(people[id], 0)
	}
	return nil
}

// addSyndics adds the syndics of buildings; asked are the ids as the request has them.
func (s *Service) addSyndics(ctx context.Context, to *receivers, ids, asked []int64) error {
	if len(ids) == 0 {
		return nil
	}
	syndics, err := s.ask.syndics(ctx, ids)
	if err != nil {
		return refusal.Failure(err, "read whose buildings these are")
	}
	rows := unknownRows(asked, func(id int64) bool { _, ok := syndics[id]; return ok })
	if len(rows) > 0 {
		return refusal.InvalidRows("building_ids", rows, "There are no such buildings; the rows say which.")
	}
	people, err := s.ask.people(ctx, slices.Compact(slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(syndics))...)))))
	if err != nil {
		return refusal.Failure(err, "read the syndics")
	}
	for _, id := range ids {
		found := false
		for _, syndic := range syndics[id] {
			if user, ok := people[syndic]; ok {
				to.addUser(user, id)
				found = true
			}
		}
		if !found {
			to.skip(Skipped{BuildingID: id, Reason: skippedNoSyndic})
		}
	}
	return nil
}

func unknownRows(asked []int64, known func(id int64) bool) []refusal.Row {
	var rows []refusal.Row
	for i, id := range asked {
		if !known(id) {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Unknown})
		}
	}
	return rows
}

func peopleByEmailFromAuth(ctx context.Context, emails []string) (map[string]*auth.User, error) {
	answer, err := auth.UsersByEmail(ctx, &auth.UsersByEmailParams{Emails: emails})
	if err != nil {
		return nil, err
	}
	people := make(map[string]*auth.User, len(answer.Users))
	for _, user := range answer.Users {
		people[user.Email] = user
	}
	return people, nil
}

// toldSyndicsFromCore returns who is told of stops that were not done at each of the buildings where somebody is.
func toldSyndicsFromCore(ctx context.Context, ids []int64) (map[int64][]int64, error) {
	answer, err := core.Syndics(ctx, &core.SyndicsParams{BuildingIDs: ids})
	if err != nil {
		return nil, err
	}
	syndics := map[int64][]int64{}
	for _, building := range answer.Syndics {
		if building.Told && len(building.UserIDs) > 0 {
			syndics[building.BuildingID] = building.UserIDs
		}
	}
	return syndics, nil
}

// syndicsFromCore returns who manages each of the buildings that exist.
func syndicsFromCore(ctx context.Context, ids []int64) (map[int64][]int64, error) {
	answer, err := core.Syndics(ctx, &core.SyndicsParams{BuildingIDs: ids})
	if err != nil {
		return nil, err
	}
	syndics := make(map[int64][]int64, len(answer.Syndics))
	for _, syndic := range answer.Syndics {
		syndics[syndic.BuildingID] = syndic.UserIDs
	}
	return syndics, nil
}
