package refusal

// Reason is a stable key that says why a request was refused. Reasons are only ever added: clients act on them.
type Reason string

// The reasons, from general to particular. Each one is translated by the web app (`errors.reason.<key>`), and a test
// fails when a constant is missing in All or in a translation.
const (
	// Required: the field is empty.
	Required Reason = "required"
	// Malformed: the value cannot be read as what the field holds.
	Malformed Reason = "malformed"
	// Unknown: the value names something that does not exist.
	Unknown Reason = "unknown"
	// OutOfRange: the number or date lies outside the allowed range.
	OutOfRange Reason = "out_of_range"
	// TooLong: the text has more characters than allowed.
	TooLong Reason = "too_long"
	// TooShort: the text has fewer characters than it must have.
	TooShort Reason = "too_short"
	// Missing: there is no such thing, or none that the caller may see.
	Missing Reason = "missing"
	// TryAgain: something that the server needs is down; the same request may succeed soon.
	TryAgain Reason = "try_again"

	// ForeignOrigin: the request was started by a page of another site.
	ForeignOrigin Reason = "foreign_origin"
	// WrongRole: the caller's role may not do this.
	WrongRole Reason = "wrong_role"

	// SignedOut: there is no session, or it has ended.
	SignedOut Reason = "signed_out"
	// WrongCredentials: no account has this e-mail address and password.
	WrongCredentials Reason = "wrong_credentials"
	// RateLimited: too many attempts; wait.
	RateLimited Reason = "rate_limited"
	// Busy: the server handles as many such requests as it can; wait a moment.
	Busy Reason = "busy"
	// OwnRole: nobody changes their own role.
	OwnRole Reason = "own_role"
	// WrongPassword: this is not the caller's password.
	WrongPassword Reason = "wrong_password"
	// SessionRequired: only a person who has signed in may do this, not a program with a token.
	SessionRequired Reason = "session_required"
	// TooManyOfThem: there are as many as there may be; one has to go first.
	TooManyOfThem Reason = "too_many"
	// WrongCode: the code is not the one of now, or was used before.
	WrongCode Reason = "wrong_code"
	// SecondFactorOn: the account has a second factor.
	SecondFactorOn Reason = "second_factor_on"
	// SecondFactorOff: the account has no second factor.
	SecondFactorOff Reason = "second_factor_off"
	// SecondFactorRequired: the installation wants a second factor, and the account has none yet.
	SecondFactorRequired Reason = "second_factor_required"
	// LinkUsed: the link has done its work, or a later change made it void.
	LinkUsed Reason = "link_used"
	// LinkExpired: the time of the link is up.
	LinkExpired Reason = "link_expired"
	// ReadOnly: the token of a program may only read.
	ReadOnly Reason = "read_only"
	// HigherRank: the other person, or the role that is given, has not a lower rank than the caller.
	HigherRank Reason = "higher_rank"
	// Guessable: the password is a common one, or too close to the e-mail address.
	Guessable Reason = "guessable"
	// AccountExists: somebody has an account with this e-mail address.
	AccountExists Reason = "account_exists"
	// InvitationUsed: somebody has registered with this invitation.
	InvitationUsed Reason = "invitation_used"
	// InvitationExpired: the time of the invitation is up.
	InvitationExpired Reason = "invitation_expired"

	// TooManyChannels: the connection follows as many channels as it may.
	TooManyChannels Reason = "too_many_channels"

	// StillActive: the person is active, and is deactivated first.
	StillActive Reason = "still_active"
	// Anonymised: names, address and phone number of the person are gone for good.
	Anonymised Reason = "anonymised"
	// HasRuns: the person has runs to do, which nobody would do then.
	HasRuns Reason = "has_runs"
	// InPast: the date has passed.
	InPast Reason = "in_past"
	// NotAWorker: runs are not given to persons of this role.
	NotAWorker Reason = "not_a_worker"
	// Inactive: the account is not active.
	Inactive Reason = "inactive"
	// OtherRegion: the worker does not work in the region of the tour.
	OtherRegion Reason = "other_region"
	// AlreadyPlanned: the worker has that tour on that date already.
	AlreadyPlanned Reason = "already_planned"
	// TourTaken: somebody has that tour on that date already, and one was asked for only.
	TourTaken Reason = "tour_taken"
	// AbsentAlready: the worker is absent on some of these days already.
	AbsentAlready Reason = "absent_already"
	// Absent: the worker is absent on that day.
	Absent Reason = "absent"
	// OtherWeekdays: the worker does not work on that day of the week.
	OtherWeekdays Reason = "other_weekdays"
	// SwapAsked: somebody is asked to do the run already.
	SwapAsked Reason = "swap_asked"
	// SwapTaken: somebody else has taken the run.
	SwapTaken Reason = "swap_taken"
	// SwapNotTaken: nobody has taken the run.
	SwapNotTaken Reason = "swap_not_taken"
	// SwapOver: the swap was decided, withdrawn, or has lapsed.
	SwapOver Reason = "swap_over"
	// OwnSwap: nobody takes what they asked for themselves.
	OwnSwap Reason = "own_swap"
	// Archived: the tour or building is not used any more.
	Archived Reason = "archived"
	// NoStops: the tour has no stops.
	NoStops Reason = "no_stops"
	// NoWork: no stop of the tour has work on that day, and the tour leaves these out.
	NoWork Reason = "no_work"
	// NotYourRun: only the worker of the run may do this.
	NotYourRun Reason = "not_your_run"
	// RunGivenAway: the run was the caller's, and is somebody else's since.
	RunGivenAway Reason = "run_given_away"
	// NotToday: a run is started on its own date.
	NotToday Reason = "not_today"
	// AlreadyStarted: the run was started before.
	AlreadyStarted Reason = "already_started"
	// NotStarted: the run is not started yet.
	NotStarted Reason = "not_started"
	// AlreadyCompleted: the run is completed.
	AlreadyCompleted Reason = "already_completed"
	// RunCancelled: the run is cancelled.
	RunCancelled Reason = "run_cancelled"
	// TooLate: the run was completed more than 24 hours ago.
	TooLate Reason = "too_late"
	// WrongOrder: a step before this one is missing.
	WrongOrder Reason = "wrong_order"
	// PhotoMissing: the step has no photo yet.
	PhotoMissing Reason = "photo_missing"
	// StepExists: the step was confirmed before, under another id.
	StepExists Reason = "step_exists"
	// OutcomeExists: the visit has an outcome already, another one or under another id.
	OutcomeExists Reason = "outcome_exists"
	// IDReused: the id stands for something else that was sent before.
	IDReused Reason = "id_reused"
	// TooLarge: the file has more bytes than allowed.
	TooLarge Reason = "too_large"
	// TooManyPixels: the picture is larger than the server decodes.
	TooManyPixels Reason = "too_many_pixels"
	// WrongFileType: the file's content is of a kind that is not accepted here.
	WrongFileType Reason = "wrong_file_type"
	// BrokenFile: the file is damaged.
	BrokenFile Reason = "broken_file"
	// PartsMissing: not all parts of the file have arrived.
	PartsMissing Reason = "parts_missing"
	// WrongChecksum: what arrived is not the file that was announced.
	WrongChecksum Reason = "wrong_checksum"

	// NameTaken: another one has this name.
	NameTaken Reason = "name_taken"
	// AddressTaken: another building has this address.
	AddressTaken Reason = "address_taken"
	// InUse: something else needs this one.
	InUse Reason = "in_use"
	// Duplicate: the list has this entry twice.
	Duplicate Reason = "duplicate"
	// ElsewhereRegion: the building lies in another region than the tour.
	ElsewhereRegion Reason = "elsewhere_region"
	// NotASyndic: buildings are not managed by persons of this role.
	NotASyndic Reason = "not_a_syndic"
	// UnknownVariable: the text has a {{variable}} that does not exist.
	UnknownVariable Reason = "unknown_variable"
	// NoValue: the text has a variable that has no value for this receiver.
	NoValue Reason = "no_value"
	// TooManyReceivers: the mail goes to more people than it may at once.
	TooManyReceivers Reason = "too_many_receivers"
	// NoReceiver: nobody is left who can get the mail.
	NoReceiver Reason = "no_receiver"
	// AlreadyCollected: the building has a collection of this kind on that date.
	AlreadyCollected Reason = "already_collected"
	// ReceiverInactive: the receiver's account is deactivated, and gets no mail of this kind.
	ReceiverInactive Reason = "receiver_inactive"
	// WrongStatus: it does not go from the status that it has to that one.
	WrongStatus Reason = "wrong_status"
	// ChangedMeanwhile: somebody else has changed it since it was read.
	ChangedMeanwhile Reason = "changed_meanwhile"
)

// All returns every reason.
func All() []Reason {
	return []Reason{
		Required, Malformed, Unknown, OutOfRange, TooLong, TooShort, Missing, TryAgain,
		ForeignOrigin, WrongRole,
		SignedOut, WrongCredentials, RateLimited, Busy, OwnRole,
		WrongPassword, SessionRequired, TooManyOfThem, WrongCode, SecondFactorOn, SecondFactorOff, SecondFactorRequired,
		LinkUsed, LinkExpired, ReadOnly, HigherRank,
		Guessable, AccountExists, InvitationUsed, InvitationExpired,
		TooManyChannels,
		StillActive, Anonymised, HasRuns, InPast, NotAWorker, Inactive, OtherRegion, AlreadyPlanned, TourTaken, AbsentAlready, Absent, OtherWeekdays, SwapAsked, SwapTaken, SwapNotTaken, SwapOver, OwnSwap, Archived, NoStops, NoWork,
		NotYourRun, RunGivenAway, NotToday, AlreadyStarted, NotStarted, AlreadyCompleted, RunCancelled, TooLate,
		WrongOrder, PhotoMissing, StepExists, OutcomeExists, IDReused,
		TooLarge, TooManyPixels, WrongFileType, BrokenFile, PartsMissing, WrongChecksum,
		NameTaken, AddressTaken, InUse, Duplicate, ElsewhereRegion, NotASyndic, AlreadyCollected, WrongStatus, ChangedMeanwhile,
		UnknownVariable, NoValue, TooManyReceivers, NoReceiver, ReceiverInactive,
	}
}
