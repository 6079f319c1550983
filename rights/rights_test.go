package rights

import (
	"context"
	"testing"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"
)

// permission is what an endpoint answers to whom: a code, "ok" when it does what it is asked. The building, the run and the
// picture that are asked for belong to worker and to syndic; student is another worker.
type permission struct {
	access                                                               string
	admin, superstudent, worker, student, syndic, withoutRole, anonymous string
	// elsewhere says for endpoints that are not called here why, and where it is tested what they answer.
	elsewhere string
}

const (
	ok     = "ok"
	hidden = "not_found"
	denied = "permission_denied"
	signIn = "unauthenticated"
)

// forServices is said of endpoints that strangers cannot reach, and that do not ask who calls.
const forServices = "for services only, whoever asks them"

// permissions is the table of every endpoint of the application.
var permissions = map[string]permission{
	"auth.SignIn":              {"public", ok, ok, ok, ok, ok, ok, ok, ""},
	"auth.SignOut":             {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.Me":                  {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.ListUsers":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.GetUser":             {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.ChangeUser":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.RenewInvitation":     {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.ListInvitations":     {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.WithdrawInvitation":  {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.ReadInvitation":      {"public", ok, ok, ok, ok, ok, ok, ok, ""},
	"auth.Register":            {"public", ok, ok, ok, ok, ok, ok, ok, ""},
	"auth.ForgotPassword":      {"public", ok, ok, ok, ok, ok, ok, ok, ""},
	"auth.ReadReset":           {"public", ok, ok, ok, ok, ok, ok, ok, ""},
	"auth.ResetPassword":       {"public", ok, ok, ok, ok, ok, ok, ok, ""},
	"auth.ConfirmEmail":        {"public", ok, ok, ok, ok, ok, ok, ok, ""},
	"auth.PutMe":               {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.ChangeEmail":         {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.ListSessions":        {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.EndSession":          {"auth", hidden, hidden, hidden, hidden, hidden, hidden, signIn, ""},
	"auth.EndOtherSessions":    {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.ListTokens":          {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.CreateToken":         {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.WithdrawToken":       {"auth", hidden, hidden, hidden, hidden, hidden, hidden, signIn, ""},
	"auth.GiveSecondFactor":    {access: "public", elsewhere: "takes the session in the headers of a request: auth"},
	"auth.GetSecondFactor":     {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.BeginSecondFactor":   {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.ConfirmSecondFactor": {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.RemoveSecondFactor":  {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.RenewRecoveryCodes":  {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.ResetSecondFactor":   {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.ChangePassword":      {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	// Strangers cannot reach these; core asks them as who calls it.
	"auth.ChangeRole":         {"private", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.Invite":             {"private", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.Invited":            {"private", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.SetActive":          {"private", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.Anonymise":          {"private", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.AccountExport":      {"private", ok, ok, ok, ok, ok, ok, signIn, ""},
	"auth.Office":             {access: "private", elsewhere: forServices},
	"auth.Workers":            {access: "private", elsewhere: forServices},
	"auth.UsersByID":          {access: "private", elsewhere: forServices},
	"auth.UsersByEmail":       {access: "private", elsewhere: forServices},
	"auth.ForgottenAddresses": {access: "private", elsewhere: forServices},
	"auth.AssignRegions":      {access: "private", elsewhere: forServices},
	"auth.RegionInUse":        {access: "private", elsewhere: forServices},
	"auth.InvitationLink":     {access: "private", elsewhere: forServices},
	"auth.PasswordResetLink":  {access: "private", elsewhere: forServices},
	"auth.EmailChangeLink":    {access: "private", elsewhere: forServices},
	"auth.SessionState":       {access: "private", elsewhere: forServices},
	"auth.EndExpiredSessions": {access: "private", elsewhere: forServices},

	"core.ListRegions":        {"auth", ok, ok, ok, ok, ok, denied, signIn, ""},
	"core.ListBuildings":      {"auth", ok, ok, ok, ok, ok, denied, signIn, ""},
	"core.GetBuilding":        {"auth", ok, ok, ok, hidden, ok, denied, signIn, ""},
	"core.ListTours":          {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.GetTour":            {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.CreateRegion":       {"auth", ok, denied, denied, denied, denied, denied, signIn, ""},
	"core.RenameRegion":       {"auth", ok, denied, denied, denied, denied, denied, signIn, ""},
	"core.DeleteRegion":       {"auth", ok, denied, denied, denied, denied, denied, signIn, ""},
	"core.Invite":             {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ChangeRole":         {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutUserRegions":     {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.CreateBuilding":     {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutBuilding":        {"auth", ok, ok, denied, denied, ok, denied, signIn, ""},
	"core.ArchiveBuilding":    {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.UnarchiveBuilding":  {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.RenewPublicID":      {"auth", ok, ok, denied, denied, ok, denied, signIn, ""},
	"core.GetPublicBuilding":  {"public", ok, ok, ok, ok, ok, ok, ok, ""},
	"core.ResidentPage":       {access: "public", elsewhere: "raw; for everybody who has the public id: core/public_building_test.go"},
	"core.ResidentPicture":    {access: "public", elsewhere: "raw; for everybody who has the public id: core/public_building_test.go"},
	"core.SendResidentReport": {access: "public", elsewhere: "raw; for everybody who has the public id: core/resident_report_test.go"},
	"core.ListCalendars":      {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"core.CreateCalendar":     {"auth", ok, ok, denied, denied, ok, denied, signIn, ""},
	"core.WithdrawCalendar":   {"auth", hidden, hidden, hidden, hidden, hidden, hidden, signIn, ""},
	"core.GetCalendarFeed":    {access: "public", elsewhere: "raw; for whoever has the link, every role: core/calendar_test.go"},
	"core.ResidentCalendar":   {access: "public", elsewhere: "raw; for everybody who has the public id: core/calendar_test.go"},
	"core.GetPoster":          {access: "auth", elsewhere: "raw, so it cannot be called: core/poster_test.go"},
	"core.ListComments":       {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.AddComment":         {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutComment":         {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.DeleteComment":      {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PlanRuns":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.CopyRuns":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PreviewCopyRuns":    {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ListNeeds":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PreviewFill":        {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PreviewReplace":     {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ListConflicts":      {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutRhythm":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.GetWeekPlan":        {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ChangeRuns":         {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.CancelRuns":         {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ListAbsences":       {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.AddAbsence":         {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.PutAbsence":         {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.DeleteAbsence":      {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.MyHours":            {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.WorkerHours":        {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.GetAvailability":    {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.PutAvailability":    {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.AskSwap":            {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.WithdrawSwap":       {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.TakeSwap":           {"auth", "invalid_argument", "invalid_argument", "failed_precondition", hidden, denied, denied, signIn, ""}, // in a region where nobody works
	"core.GiveSwapBack":       {"auth", denied, denied, hidden, hidden, denied, denied, signIn, ""},
	"core.ApproveSwap":        {"auth", "failed_precondition", "failed_precondition", denied, denied, denied, denied, signIn, ""}, // nobody has taken it
	"core.RefuseSwap":         {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ListSwaps":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.MySwaps":            {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.OpenSwaps":          {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.ListManuals":        {"auth", ok, ok, ok, hidden, ok, denied, signIn, ""},
	"core.PutManual":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.DeleteManual":       {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.UploadManual":       {access: "auth", elsewhere: "raw, so it cannot be called: core/manual_test.go"},
	"core.GetManualFile":      {access: "auth", elsewhere: "raw, so it cannot be called: core/manual_test.go"},
	"core.ListVisits":         {"auth", ok, ok, denied, denied, ok, denied, signIn, ""},
	"core.ListPlannedVisits":  {"auth", ok, ok, denied, denied, ok, denied, signIn, ""},
	"core.CreateTour":         {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutTour":            {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutStops":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ListTourVersions":   {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.RestoreTourVersion": {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ArchiveTour":        {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.UnarchiveTour":      {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},

	"core.ListBuildingPlaces":  {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.SuggestOrder":        {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.DeleteBuildingPhoto": {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutBuildingPhoto":    {access: "auth", elsewhere: "raw, so it cannot be called: core/building_photo_test.go"},
	"core.GetBuildingPhoto":    {access: "auth", elsewhere: "raw, so it cannot be called: core/building_photo_test.go"},
	"core.DownloadVisitPhotos": {access: "auth", elsewhere: "raw, so it cannot be called: core/visit_photos_test.go"},

	"core.ListWasteKinds":     {"auth", ok, ok, ok, ok, ok, denied, signIn, ""},
	"core.CreateWasteKind":    {"auth", ok, denied, denied, denied, denied, denied, signIn, ""},
	"core.PutWasteKind":       {"auth", ok, denied, denied, denied, denied, denied, signIn, ""},
	"core.ArchiveWasteKind":   {"auth", ok, denied, denied, denied, denied, denied, signIn, ""},
	"core.UnarchiveWasteKind": {"auth", ok, denied, denied, denied, denied, denied, signIn, ""},

	"core.ListCollections":             {"auth", ok, ok, ok, ok, ok, denied, signIn, ""},
	"core.GetCollection":               {"auth", ok, ok, ok, hidden, ok, denied, signIn, ""},
	"core.CreateCollection":            {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutCollection":               {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.DeleteCollection":            {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.CreateCollections":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.MoveCollections":             {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.CopyCollections":             {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.DeleteCollections":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.RestoreCollections":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.GetCollectionCalendar":       {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ChangeCollections":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.CopyCollectionsTo":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PreviewCopyCollections":      {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ListCollectionRules":         {"auth", ok, ok, ok, ok, ok, denied, signIn, ""},
	"core.GetCollectionRule":           {"auth", ok, ok, ok, hidden, ok, denied, signIn, ""},
	"core.CreateCollectionRule":        {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutCollectionRule":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ArchiveCollectionRule":       {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.UnarchiveCollectionRule":     {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.GetCollectionRuleGeneration": {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PreviewCollectionRule":       {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},

	"core.ListRuns":            {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.MyRuns":              {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.GetRun":              {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.PlanRun":             {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.StartRun":            {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.SeeStops":            {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.CompleteRun":         {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.CancelRun":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.CorrectVisit":        {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutStep":             {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.PutOutcome":          {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.ListRemarks":         {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.AddRemark":           {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.PutRemark":           {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.DeleteRemark":        {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.RemovePicture":       {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.GetPicture":          {"auth", ok, ok, ok, hidden, ok, denied, signIn, ""},
	"core.UploadPicture":       {access: "auth", elsewhere: "raw, so it cannot be called: core/picture_rights_test.go"},
	"core.GetPictureFile":      {access: "auth", elsewhere: "raw, so it cannot be called: core/picture_rights_test.go"},
	"core.BeginPictureUpload":  {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.UploadPicturePart":   {access: "auth", elsewhere: "raw, so it cannot be called: core/picture_parts_test.go"},
	"core.FinishPictureUpload": {"auth", hidden, hidden, ok, hidden, denied, denied, signIn, ""},
	"core.GetDayStops":         {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.GetDayFeed":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.GetDaySummary":       {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.GetDashboard":        {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},

	"core.ListIncidents":               {"auth", ok, ok, ok, ok, ok, denied, signIn, ""},
	"core.GetIncident":                 {"auth", ok, ok, ok, hidden, ok, denied, signIn, ""},
	"core.CountIncidents":              {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.CreateIncident":              {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.PutIncident":                 {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.AddIncidentComment":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.UploadIncidentPicture":       {access: "auth", elsewhere: "raw, so it cannot be called: core/incident_report_test.go"},
	"core.BeginIncidentPictureUpload":  {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.FinishIncidentPictureUpload": {"auth", hidden, hidden, ok, hidden, denied, denied, signIn, ""},
	"core.GetIncidentPicture":          {access: "auth", elsewhere: "raw, so it cannot be called: core/incident_report_test.go"},
	"core.ReportIncident":              {access: "public", elsewhere: "raw; for everybody who has a building's public id: core/incident_report_test.go"},

	"core.OpenRuns":     {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.Deactivate":   {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.Reactivate":   {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.Anonymise":    {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutMyRegions": {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.RunsExport":   {"private", ok, ok, ok, ok, ok, ok, signIn, ""},
	"core.RunExport":    {"private", hidden, hidden, ok, hidden, hidden, hidden, signIn, ""},

	"core.Names":                    {access: "private", elsewhere: forServices},
	"core.Syndics":                  {access: "private", elsewhere: forServices},
	"core.PictureContent":           {access: "private", elsewhere: forServices},
	"core.IncidentsExport":          {"private", ok, ok, ok, ok, ok, ok, signIn, ""},
	"core.IncidentPictureContent":   {"private", hidden, hidden, hidden, hidden, hidden, hidden, signIn, ""},
	"core.PlannedRuns":              {access: "private", elsewhere: forServices},
	"core.NotStartedRuns":           {access: "private", elsewhere: forServices},
	"core.SwapsForMail":             {access: "private", elsewhere: forServices},
	"core.SwapTakers":               {access: "private", elsewhere: forServices},
	"core.LapseSwaps":               {access: "private", elsewhere: forServices},
	"core.DaySummaryForMail":        {access: "private", elsewhere: forServices},
	"core.RemarksForEvents":         {access: "private", elsewhere: forServices},
	"core.RunsForEvents":            {access: "private", elsewhere: forServices},
	"core.RemoveOldPhotos":          {access: "private", elsewhere: forServices},
	"core.RemoveUnfinishedUploads":  {access: "private", elsewhere: forServices},
	"core.IncidentsForMail":         {access: "private", elsewhere: forServices},
	"core.ForgetReporters":          {access: "private", elsewhere: forServices},
	"core.RemoveUnusedManuals":      {access: "private", elsewhere: forServices},
	"core.RemoveIdempotencyKeys":    {access: "private", elsewhere: forServices},
	"core.GenerateCollections":      {access: "private", elsewhere: forServices},
	"core.RemoveDeletedCollections": {access: "private", elsewhere: forServices},
	"core.RunAccess":                {access: "private", elsewhere: "for realtime only, about whom it names: core"},
	"core.BuildingAccess":           {access: "private", elsewhere: "for realtime only, about whom it names: core"},

	"mail.ListMessages":             {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.GetMessage":               {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.ResendMessage":            {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.ListTemplates":            {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.GetTemplate":              {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.CreateTemplate":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.PutTemplate":              {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.DeleteTemplate":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.Preview":                  {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.Receivers":                {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.SendDaySummary":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.Send":                     {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.SendTest":                 {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.Status":                   {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"mail.GetPreferences":           {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"mail.PutPreferences":           {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"mail.ListNotificationDevices":  {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"mail.PutNotificationDevice":    {"auth", ok, ok, ok, ok, ok, ok, signIn, ""},
	"mail.DeleteNotificationDevice": {"auth", hidden, hidden, ok, hidden, hidden, hidden, signIn, ""},
	"mail.TestNotificationDevice":   {"auth", hidden, hidden, ok, hidden, hidden, hidden, signIn, ""},
	"mail.MessagesExport":           {"private", ok, ok, ok, ok, ok, ok, signIn, ""},
	"mail.Unsubscribe":              {access: "public", elsewhere: "for who has the link, which the table cannot make: mail/unsubscribe_test.go"},
	"mail.SendMailOfTheDay":         {access: "private", elsewhere: forServices},
	"mail.DeleteOldMessages":        {access: "private", elsewhere: forServices},

	"audit.List":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"audit.GetEntry":      {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"audit.ChangesExport": {"private", ok, ok, ok, ok, ok, ok, signIn, ""},
	"audit.Export":        {access: "auth", elsewhere: "raw, so it cannot be called: audit/export_test.go"},

	"export.ExportMe":      {access: "auth", elsewhere: "raw, so it cannot be called: export"},
	"realtime.Socket":      {access: "auth", elsewhere: "raw; for every account, rights are checked per channel: realtime"},
	"docs.Document":        {access: "public", elsewhere: "raw; for everybody: docs"},
	"docs.Explorer":        {access: "public", elsewhere: "raw; for everybody: docs"},
	"frontendproxy.App":    {access: "public", elsewhere: "raw; for everybody: frontend-proxy"},
	"frontendproxy.Config": {access: "public", elsewhere: "raw; for everybody: frontend-proxy"},
}

func TestEveryEndpointIsInTheTable(t *testing.T) {
	t.Parallel()
	declared := endpoints(t, "..")
	require.Contains(t, declared, "core.GetRun", "the endpoints must be found at all")
	for name, level := range declared {
		row, listed := permissions[name]
		require.True(t, listed, "%s is new: say in the table who may call it", name)
		require.Equal(t, level, row.access, "access level of %s", name)
	}
	for name := range permissions {
		require.Contains(t, declared, name, "the table has an endpoint that is gone")
	}
	for name := range calls {
		require.Empty(t, permissions[name].elsewhere, "%s is called, and said not to be", name)
	}
}

func TestEveryEndpointAnswersEveryRoleAsTheTableSays(t *testing.T) {
	t.Parallel()
	for name, row := range permissions {
		if row.elsewhere != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := calls[name]
			require.NotNil(t, call, "no call is written for it")
			c := newCompany(t)
			for _, check := range []struct {
				role string
				who  *account
				want string
			}{
				{"admin", &c.admin, row.admin}, {"superstudent", &c.superstudent, row.superstudent},
				{"worker", &c.worker, row.worker}, {"student", &c.student, row.student}, {"syndic", &c.syndic, row.syndic},
				{"none", &c.withoutRole, row.withoutRole}, {"anonymous", nil, row.anonymous},
			} {
				ctx := t.Context()
				if check.who != nil {
					ctx = check.who.in(ctx)
				}
				err := call(c, ctx)
				got := ok
				if err != nil {
					got = errs.Code(err).String()
				}
				require.Equal(t, check.want, got, "%s as %s: %v", name, check.role, err)
			}
		})
	}
}

// in is a request of the account.
func (a *account) in(ctx context.Context) context.Context {
	return encoreauth.WithContext(ctx, a.uid(), a.data())
}
