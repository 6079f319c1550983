package rights

import (
	"context"
	"strings"
	"time"

	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/audit"
	"encore.app/auth"
	"encore.app/core"
	"encore.app/mail"
)

const password = "zeven wilde ganzen vliegen"

// calls ask each endpoint for something of worker's and syndic's, as the person of the context.
var calls = map[string]func(c *company, ctx context.Context) error{
	"auth.SignIn": func(c *company, ctx context.Context) error {
		if c.registered == "" { // once: registrations are limited per minute
			invited := c.invitation()
			require.NoError(c.t, register(c.t.Context(), invited.Token))
			c.registered = invited.Invitation.Email
		}
		_, err := auth.SignIn(ctx, &auth.SignInParams{Email: c.registered, Password: password})
		return err
	},
	"auth.SignOut": func(_ *company, ctx context.Context) error {
		_, err := auth.SignOut(ctx)
		return err
	},
	"auth.Me": func(_ *company, ctx context.Context) error {
		_, err := auth.Me(ctx)
		return err
	},
	"auth.ListUsers": func(_ *company, ctx context.Context) error {
		_, err := auth.ListUsers(ctx, &auth.ListUsersParams{})
		return err
	},
	"auth.ListInvitations": func(_ *company, ctx context.Context) error {
		_, err := auth.ListInvitations(ctx, &auth.ListInvitationsParams{})
		return err
	},
	"auth.WithdrawInvitation": func(c *company, ctx context.Context) error {
		_, err := auth.WithdrawInvitation(ctx, c.invitation().Invitation.ID)
		return err
	},
	"auth.ReadInvitation": func(c *company, ctx context.Context) error {
		_, err := auth.ReadInvitation(ctx, &auth.ReadInvitationParams{Token: c.invitation().Token})
		return err
	},
	"auth.Register": func(c *company, ctx context.Context) error {
		return register(ctx, c.invitation().Token)
	},
	"auth.ForgotPassword": func(_ *company, ctx context.Context) error {
		_, err := auth.ForgotPassword(ctx, &auth.ForgotPasswordParams{Email: "somebody" + next() + "@rights.example"})
		return err
	},
	"auth.ReadReset": func(c *company, ctx context.Context) error {
		_, err := auth.ReadReset(ctx, &auth.ReadResetParams{Token: c.resetToken()})
		return err
	},
	"auth.ResetPassword": func(c *company, ctx context.Context) error {
		_, err := auth.ResetPassword(ctx, &auth.ResetPasswordParams{Token: c.resetToken(), Password: password})
		return err
	},
	"auth.ConfirmEmail": func(c *company, ctx context.Context) error {
		_, err := auth.ConfirmEmail(ctx, &auth.ConfirmEmailParams{Token: c.confirmationToken()})
		return err
	},
	"auth.PutMe": func(_ *company, ctx context.Context) error {
		_, err := auth.PutMe(ctx, &auth.PutMeParams{FirstName: "Robin", LastName: "Maes", Language: "fr"})
		return err
	},
	"auth.ChangeEmail": func(_ *company, ctx context.Context) error {
		_, err := auth.ChangeEmail(ctx, &auth.ChangeEmailParams{Email: "new" + next() + "@rights.example", Password: password})
		return err
	},
	"auth.ListSessions": func(_ *company, ctx context.Context) error {
		_, err := auth.ListSessions(ctx)
		return err
	},
	"auth.EndOtherSessions": func(_ *company, ctx context.Context) error {
		_, err := auth.EndOtherSessions(ctx)
		return err
	},
	"auth.ListTokens": func(_ *company, ctx context.Context) error {
		_, err := auth.ListTokens(ctx)
		return err
	},
	"auth.CreateToken": func(_ *company, ctx context.Context) error {
		_, err := auth.CreateToken(ctx, &auth.CreateTokenParams{Name: "Export", Scope: auth.ScopeRead, Days: 1, Password: password})
		return err
	},
	"auth.EndSession": func(c *company, ctx context.Context) error { // somebody else's
		_, err := auth.EndSession(ctx, c.account(auth.RoleStudent).session)
		return err
	},
	"auth.WithdrawToken": func(c *company, ctx context.Context) error { // somebody else's
		_, err := auth.WithdrawToken(ctx, c.token(c.account(auth.RoleStudent).id))
		return err
	},
	"auth.GetSecondFactor": func(_ *company, ctx context.Context) error {
		_, err := auth.GetSecondFactor(ctx)
		return err
	},
	"auth.BeginSecondFactor": func(_ *company, ctx context.Context) error {
		_, err := auth.BeginSecondFactor(ctx, &auth.BeginSecondFactorParams{Password: password})
		return err
	},
	"auth.ConfirmSecondFactor": func(c *company, ctx context.Context) error {
		_, err := c.enrol(ctx)
		return err
	},
	"auth.RemoveSecondFactor": func(c *company, ctx context.Context) error {
		codes, err := c.enrol(ctx)
		if err == nil {
			_, err = auth.RemoveSecondFactor(ctx, &auth.RemoveSecondFactorParams{Password: password, Code: codes[0]})
		}
		return err
	},
	"auth.RenewRecoveryCodes": func(c *company, ctx context.Context) error {
		_, err := c.enrol(ctx)
		if err == nil {
			_, err = auth.RenewRecoveryCodes(ctx, &auth.RenewRecoveryCodesParams{Password: password})
		}
		return err
	},
	"auth.ResetSecondFactor": func(c *company, ctx context.Context) error {
		lost := c.account(auth.RoleStudent)
		_, err := c.enrol(lost.in(c.t.Context()))
		require.NoError(c.t, err)
		_, err = auth.ResetSecondFactor(ctx, lost.id)
		return err
	},
	"auth.ChangePassword": func(_ *company, ctx context.Context) error {
		_, err := auth.ChangePassword(ctx, &auth.ChangePasswordParams{
			CurrentPassword: password, NewPassword: "acht tamme eenden zwemmen",
		})
		return err
	},
	"auth.ChangeRole": func(c *company, ctx context.Context) error {
		_, err := auth.ChangeRole(ctx, c.account(auth.RoleStudent).id, &auth.ChangeRoleParams{Role: auth.RoleSyndic})
		return err
	},
	"auth.Invite": func(c *company, ctx context.Context) error {
		_, err := auth.Invite(ctx, &auth.InviteParams{Email: c.inviteParams().Email, Role: auth.RoleStudent})
		return err
	},
	"auth.Invited": func(c *company, ctx context.Context) error {
		made, err := auth.Invite(ctx, &auth.InviteParams{Email: c.inviteParams().Email, Role: auth.RoleStudent})
		if err != nil { // who cannot invite is told nothing about the invitations of others
			made = c.invitation()
		}
		_, err = auth.Invited(ctx, &auth.InvitedParams{ID: made.Invitation.ID})
		return err
	},

	"core.ListRegions": func(_ *company, ctx context.Context) error {
		_, err := core.ListRegions(ctx, &core.ListRegionsParams{})
		return err
	},
	"core.ListBuildings": func(_ *company, ctx context.Context) error {
		_, err := core.ListBuildings(ctx, &core.ListBuildingsParams{})
		return err
	},
	"core.GetBuilding": func(c *company, ctx context.Context) error {
		_, building := c.startedRun()
		_, err := core.GetBuilding(ctx, building)
		return err
	},
	"core.ListVisits": func(c *company, ctx context.Context) error {
		_, building := c.startedRun()
		_, err := core.ListVisits(ctx, building, &core.ListVisitsParams{})
		return err
	},
	"core.ListTours": func(_ *company, ctx context.Context) error {
		_, err := core.ListTours(ctx, &core.ListToursParams{})
		return err
	},
	"core.ListBuildingPlaces": func(_ *company, ctx context.Context) error {
		_, err := core.ListBuildingPlaces(ctx, &core.ListBuildingPlacesParams{})
		return err
	},
	"core.SuggestOrder": func(c *company, ctx context.Context) error {
		_, err := core.SuggestOrder(ctx, c.run().Tour.ID, &core.SuggestOrderParams{})
		return err
	},
	"core.DeleteBuildingPhoto": func(c *company, ctx context.Context) error {
		_, err := core.DeleteBuildingPhoto(ctx, c.building(c.region()).ID)
		return err
	},
	"core.GetTour": func(c *company, ctx context.Context) error {
		_, err := core.GetTour(ctx, c.run().Tour.ID)
		return err
	},
	"core.CreateRegion": func(_ *company, ctx context.Context) error {
		_, err := core.CreateRegion(ctx, &core.RegionParams{Name: "Region " + next()})
		return err
	},
	"core.RenameRegion": func(c *company, ctx context.Context) error {
		_, err := core.RenameRegion(ctx, c.region(), &core.RegionParams{Name: "Region " + next()})
		return err
	},
	"core.DeleteRegion": func(c *company, ctx context.Context) error {
		region, err := core.CreateRegion(c.asAdmin(), &core.RegionParams{Name: "Region " + next()})
		require.NoError(c.t, err)
		_, err = core.DeleteRegion(ctx, region.ID, &core.DeleteRegionParams{})
		return err
	},
	"core.Invite": func(c *company, ctx context.Context) error {
		_, err := core.Invite(ctx, c.inviteParams())
		return err
	},
	"core.ChangeRole": func(c *company, ctx context.Context) error {
		_, err := core.ChangeRole(ctx, c.account(auth.RoleStudent).id, &core.ChangeRoleParams{Role: auth.RoleSyndic})
		return err
	},
	"core.PutUserRegions": func(c *company, ctx context.Context) error {
		_, err := core.PutUserRegions(ctx, c.worker.id, &core.PutUserRegionsParams{RegionIDs: []int64{c.region()}})
		return err
	},
	"core.CreateBuilding": func(c *company, ctx context.Context) error {
		_, err := core.CreateBuilding(ctx, c.buildingParams(c.region()))
		return err
	},
	"core.PutBuilding": func(c *company, ctx context.Context) error {
		building := c.building(c.region())
		_, err := core.PutBuilding(ctx, building.ID, &core.BuildingParams{
			RegionID: building.Region.ID, Name: "Residentie " + next(), Address: core.AddressParams(building.Address),
			SyndicIDs: []int64{c.syndic.id}, AgreedMinutes: building.AgreedMinutes, Version: building.Version,
		})
		return err
	},
	"core.ArchiveBuilding": func(c *company, ctx context.Context) error {
		_, err := core.ArchiveBuilding(ctx, c.building(c.region()).ID)
		return err
	},
	"core.UnarchiveBuilding": func(c *company, ctx context.Context) error {
		_, err := core.UnarchiveBuilding(ctx, c.building(c.region()).ID)
		return err
	},
	"core.RenewPublicID": func(c *company, ctx context.Context) error {
		_, err := core.RenewPublicID(ctx, c.building(c.region()).ID, &core.RenewPublicIDParams{})
		return err
	},
	"core.GetPublicBuilding": func(c *company, ctx context.Context) error {
		_, err := core.GetPublicBuilding(ctx, c.building(c.region()).PublicID)
		return err
	},
	"core.ListCalendars": func(_ *company, ctx context.Context) error {
		_, err := core.ListCalendars(ctx)
		return err
	},
	"core.CreateCalendar": func(c *company, ctx context.Context) error {
		building := c.building(c.region()).ID
		_, err := core.CreateCalendar(ctx, &core.CreateCalendarParams{Feed: core.FeedBuilding, BuildingID: &building, Language: "nl"})
		return err
	},
	"core.WithdrawCalendar": func(_ *company, ctx context.Context) error {
		return core.WithdrawCalendar(ctx, 1<<40)
	},
	"core.ListComments": func(c *company, ctx context.Context) error {
		_, building := c.startedRun()
		_, err := core.ListComments(ctx, building)
		return err
	},
	"core.AddComment": func(c *company, ctx context.Context) error {
		_, err := core.AddComment(ctx, c.building(c.region()).ID, &core.AddCommentParams{Text: "Code 4711"})
		return err
	},
	"core.PutComment": func(c *company, ctx context.Context) error {
		comment := c.comment()
		_, err := core.PutComment(ctx, comment.ID, &core.PutCommentParams{Text: "Code 4712", Version: comment.Version})
		return err
	},
	"core.PlanRuns": func(c *company, ctx context.Context) error {
		p := c.planParams()
		_, err := core.PlanRuns(ctx, &core.PlanRunsParams{Runs: []core.RunPlan{{TourID: p.TourID, WorkerID: p.WorkerID, Date: p.Date}}})
		return err
	},
	"core.CopyRuns": func(_ *company, ctx context.Context) error {
		_, err := core.CopyRuns(ctx, &core.CopyRunsParams{From: "2026-01-05", To: "2026-01-05", Weeks: []string{"2026-01-12"}})
		return err
	},
	"core.PreviewCopyRuns": func(_ *company, ctx context.Context) error {
		_, err := core.PreviewCopyRuns(ctx, &core.CopyRunsParams{From: "2026-01-05", To: "2026-01-05", Weeks: []string{"2026-01-12"}})
		return err
	},
	"core.ListNeeds": func(_ *company, ctx context.Context) error {
		_, err := core.ListNeeds(ctx, &core.ListNeedsParams{From: "2026-01-05", To: "2026-01-11"})
		return err
	},
	"core.PreviewFill": func(_ *company, ctx context.Context) error {
		_, err := core.PreviewFill(ctx, &core.FillParams{From: "2026-01-05", To: "2026-01-11"})
		return err
	},
	"core.PreviewReplace": func(c *company, ctx context.Context) error {
		_, err := core.PreviewReplace(ctx, &core.ReplaceParams{WorkerID: c.worker.id, From: "2026-01-05", To: "2026-01-11"})
		return err
	},
	"core.ListConflicts": func(_ *company, ctx context.Context) error {
		_, err := core.ListConflicts(ctx, &core.ListConflictsParams{From: "2026-01-05", To: "2026-01-11"})
		return err
	},
	"core.PutRhythm": func(c *company, ctx context.Context) error {
		tour := c.tour(c.region())
		_, err := core.PutRhythm(ctx, tour.ID, &core.PutRhythmParams{
			RRule: "FREQ=WEEKLY;BYDAY=MO", StartDate: "2026-01-05", UsualWalkerIDs: []int64{}, Version: tour.Version,
		})
		return err
	},
	"core.GetWeekPlan": func(_ *company, ctx context.Context) error {
		_, err := core.GetWeekPlan(ctx, &core.GetWeekPlanParams{From: "2026-01-05", To: "2026-01-11"})
		return err
	},
	"core.ChangeRuns": func(c *company, ctx context.Context) error {
		run := c.run()
		_, err := core.ChangeRuns(ctx, &core.ChangeRunsParams{Items: []core.RunToChange{{
			ID: run.ID, Version: run.Version, TourID: run.Tour.ID, WorkerID: run.Worker.ID, Date: run.Date,
		}}})
		return err
	},
	"core.CancelRuns": func(c *company, ctx context.Context) error {
		run := c.run()
		_, err := core.CancelRuns(ctx, &core.CancelRunsParams{Items: []core.RunToCancel{{ID: run.ID, Version: run.Version}}, Reason: "Staking"})
		return err
	},
	"core.ListAbsences": func(_ *company, ctx context.Context) error {
		_, err := core.ListAbsences(ctx, &core.ListAbsencesParams{})
		return err
	},
	"core.AddAbsence": func(c *company, ctx context.Context) error {
		_, err := core.AddAbsence(ctx, c.absenceParams())
		return err
	},
	"core.PutAbsence": func(c *company, ctx context.Context) error {
		made, p := c.absence(), c.absenceParams()
		_, err := core.PutAbsence(ctx, made.ID, &core.PutAbsenceParams{
			FirstDay: p.FirstDay, LastDay: p.LastDay, Reason: p.Reason, Version: made.Version,
		})
		return err
	},
	"core.DeleteAbsence": func(c *company, ctx context.Context) error {
		_, err := core.DeleteAbsence(ctx, c.absence().ID, &core.DeleteAbsenceParams{})
		return err
	},
	"core.AskSwap": func(c *company, ctx context.Context) error {
		_, err := core.AskSwap(ctx, &core.AskSwapParams{ID: newID(), RunID: c.run().ID})
		return err
	},
	"core.WithdrawSwap": func(c *company, ctx context.Context) error {
		_, err := core.WithdrawSwap(ctx, c.swap().ID, &core.ChangeSwapParams{})
		return err
	},
	"core.TakeSwap": func(c *company, ctx context.Context) error {
		_, err := core.TakeSwap(ctx, c.swap().ID, &core.ChangeSwapParams{})
		return err
	},
	"core.GiveSwapBack": func(c *company, ctx context.Context) error {
		_, err := core.GiveSwapBack(ctx, c.swap().ID, &core.ChangeSwapParams{})
		return err
	},
	"core.ApproveSwap": func(c *company, ctx context.Context) error {
		_, err := core.ApproveSwap(ctx, c.swap().ID, &core.ApproveSwapParams{TakenBy: c.student.id})
		return err
	},
	"core.RefuseSwap": func(c *company, ctx context.Context) error {
		_, err := core.RefuseSwap(ctx, c.swap().ID, &core.RefuseSwapParams{Reason: "Nee"})
		return err
	},
	"core.ListSwaps": func(_ *company, ctx context.Context) error {
		_, err := core.ListSwaps(ctx, &core.ListSwapsParams{})
		return err
	},
	"core.MySwaps": func(_ *company, ctx context.Context) error {
		_, err := core.MySwaps(ctx, &core.MySwapsParams{})
		return err
	},
	"core.OpenSwaps": func(_ *company, ctx context.Context) error {
		_, err := core.OpenSwaps(ctx, &core.MySwapsParams{})
		return err
	},
	"core.MyHours": func(_ *company, ctx context.Context) error {
		_, err := core.MyHours(ctx, &core.HoursParams{From: "2026-11-01", To: "2026-11-30"})
		return err
	},
	"core.WorkerHours": func(c *company, ctx context.Context) error {
		_, err := core.WorkerHours(ctx, c.worker.id, &core.HoursParams{From: "2026-11-01", To: "2026-11-30"})
		return err
	},
	"core.GetAvailability": func(c *company, ctx context.Context) error {
		_, err := core.GetAvailability(ctx, c.worker.id)
		return err
	},
	"core.PutAvailability": func(c *company, ctx context.Context) error {
		now, err := core.GetAvailability(c.asAdmin(), c.worker.id)
		require.NoError(c.t, err)
		_, err = core.PutAvailability(ctx, c.worker.id, &core.PutAvailabilityParams{
			Weekdays: []int{1, 2, 3, 4, 5, 6, 7}, WeeklyMinutes: now.WeeklyMinutes, Version: now.Version,
		})
		return err
	},
	"core.DeleteComment": func(c *company, ctx context.Context) error {
		_, err := core.DeleteComment(ctx, c.comment().ID, &core.DeleteCommentParams{})
		return err
	},
	"core.ListIncidents": func(c *company, ctx context.Context) error {
		_, err := core.ListIncidents(ctx, &core.ListIncidentsParams{})
		return err
	},
	"core.GetIncident": func(c *company, ctx context.Context) error {
		_, err := core.GetIncident(ctx, c.incident().ID)
		return err
	},
	"core.CountIncidents": func(c *company, ctx context.Context) error {
		_, err := core.CountIncidents(ctx)
		return err
	},
	"core.CreateIncident": func(c *company, ctx context.Context) error {
		_, err := core.CreateIncident(ctx, c.incidentParams())
		return err
	},
	"core.PutIncident": func(c *company, ctx context.Context) error {
		incident := c.incident()
		_, err := core.PutIncident(ctx, incident.ID, &core.PutIncidentParams{
			Status: core.IncidentAcknowledged, Kind: incident.Kind, Version: incident.Version,
		})
		return err
	},
	"core.BeginIncidentPictureUpload": func(c *company, ctx context.Context) error {
		_, err := core.BeginIncidentPictureUpload(ctx, newID(), &core.BeginIncidentPictureUploadParams{
			IncidentID: c.incident().ClientID, Size: 3 << 20, Sha256: strings.Repeat("0", 64),
		})
		return err
	},
	"core.FinishIncidentPictureUpload": func(c *company, ctx context.Context) error {
		_, err := core.FinishIncidentPictureUpload(ctx, c.incidentPicture())
		return err
	},
	"core.AddIncidentComment": func(c *company, ctx context.Context) error {
		_, err := core.AddIncidentComment(ctx, c.incident().ID, &core.AddIncidentCommentParams{Text: "Gebeld"})
		return err
	},
	"core.ListManuals": func(c *company, ctx context.Context) error {
		_, building := c.startedRun()
		_, err := core.ListManuals(ctx, building)
		return err
	},
	"core.PutManual": func(c *company, ctx context.Context) error {
		_, err := core.PutManual(ctx, c.manual(), &core.PutManualParams{Status: core.ManualNeedsUpdate})
		return err
	},
	"core.DeleteManual": func(c *company, ctx context.Context) error {
		_, err := core.DeleteManual(ctx, c.manual())
		return err
	},
	"core.ListPlannedVisits": func(c *company, ctx context.Context) error {
		_, building := c.startedRun()
		_, err := core.ListPlannedVisits(ctx, building)
		return err
	},
	"core.CreateTour": func(c *company, ctx context.Context) error {
		_, err := core.CreateTour(ctx, &core.TourParams{RegionID: c.region(), Name: "Tour " + next()})
		return err
	},
	"core.PutTour": func(c *company, ctx context.Context) error {
		tour := c.tour(c.region())
		_, err := core.PutTour(ctx, tour.ID, &core.TourParams{
			RegionID: tour.Region.ID, Name: "Tour " + next(), Version: tour.Version,
		})
		return err
	},
	"core.PutStops": func(c *company, ctx context.Context) error {
		tour := c.tour(c.region())
		_, err := core.PutStops(ctx, tour.ID, &core.PutStopsParams{Version: tour.Version})
		return err
	},
	"core.ListTourVersions": func(c *company, ctx context.Context) error {
		_, err := core.ListTourVersions(ctx, c.tour(c.region()).ID, &core.ListTourVersionsParams{})
		return err
	},
	"core.RestoreTourVersion": func(c *company, ctx context.Context) error {
		tour := c.tour(c.region())
		_, err := core.RestoreTourVersion(ctx, tour.ID, 1, &core.RestoreVersionParams{Version: tour.Version})
		return err
	},
	"core.SeeStops": func(c *company, ctx context.Context) error {
		_, err := core.SeeStops(ctx, c.run().ID, &core.SeeStopsParams{Version: 1})
		return err
	},
	"core.ArchiveTour": func(c *company, ctx context.Context) error {
		_, err := core.ArchiveTour(ctx, c.tour(c.region()).ID)
		return err
	},
	"core.UnarchiveTour": func(c *company, ctx context.Context) error {
		_, err := core.UnarchiveTour(ctx, c.tour(c.region()).ID)
		return err
	},

	"core.ListWasteKinds": func(_ *company, ctx context.Context) error {
		_, err := core.ListWasteKinds(ctx)
		return err
	},
	"core.CreateWasteKind": func(_ *company, ctx context.Context) error {
		_, err := core.CreateWasteKind(ctx, &core.CreateWasteKindParams{
			Code: "R" + next(), NameNL: "Hout", NameEN: "Wood", NameFR: "Bois", Colour: "#885522", Icon: "wood",
		})
		return err
	},
	"core.PutWasteKind": func(c *company, ctx context.Context) error {
		kind := c.wasteKind()
		_, err := core.PutWasteKind(ctx, kind.Code, &core.PutWasteKindParams{
			NameNL: "Hout", NameEN: "Wood", NameFR: "Bois", Colour: "#885522", Icon: "wood", Version: kind.Version,
		})
		return err
	},
	"core.ArchiveWasteKind": func(c *company, ctx context.Context) error {
		_, err := core.ArchiveWasteKind(ctx, c.wasteKind().Code)
		return err
	},
	"core.UnarchiveWasteKind": func(c *company, ctx context.Context) error {
		_, err := core.UnarchiveWasteKind(ctx, c.wasteKind().Code)
		return err
	},

	"core.ListCollections": func(_ *company, ctx context.Context) error {
		_, err := core.ListCollections(ctx, &core.ListCollectionsParams{})
		return err
	},
	"core.GetCollection": func(c *company, ctx context.Context) error {
		_, building := c.startedRun()
		_, err := core.GetCollection(ctx, c.collection(building).ID)
		return err
	},
	"core.CreateCollection": func(c *company, ctx context.Context) error {
		_, err := core.CreateCollection(ctx, c.collectionParams(c.building(c.region()).ID))
		return err
	},
	"core.PutCollection": func(c *company, ctx context.Context) error {
		collection := c.collection(c.building(c.region()).ID)
		params := c.collectionParams(collection.Building.ID)
		params.Version = collection.Version
		_, err := core.PutCollection(ctx, collection.ID, params)
		return err
	},
	"core.DeleteCollection": func(c *company, ctx context.Context) error {
		_, err := core.DeleteCollection(ctx, c.collection(c.building(c.region()).ID).ID)
		return err
	},
	"core.CreateCollections": func(c *company, ctx context.Context) error {
		_, err := core.CreateCollections(ctx, &core.CreateCollectionsParams{
			BuildingIDs: []int64{c.building(c.region()).ID}, Dates: []string{"2030-01-07"}, Type: "PMD", PutOut: true,
		})
		return err
	},
	"core.MoveCollections": func(c *company, ctx context.Context) error {
		_, err := core.MoveCollections(ctx, &core.MoveCollectionsParams{
			Type: "PMD", From: "2030-01-07", To: "2030-01-08", BuildingIDs: []int64{c.building(c.region()).ID},
		})
		return err
	},
	"core.CopyCollections": func(c *company, ctx context.Context) error {
		_, err := core.CopyCollections(ctx, &core.CopyCollectionsParams{
			From: "2030-01-07", To: "2030-01-08", Weeks: []string{"2030-01-14"}, BuildingIDs: []int64{c.building(c.region()).ID},
		})
		return err
	},
	"core.PreviewCopyCollections": func(c *company, ctx context.Context) error {
		_, err := core.PreviewCopyCollections(ctx, &core.CopyCollectionsParams{
			From: "2030-01-07", To: "2030-01-08", Weeks: []string{"2030-01-14"}, BuildingIDs: []int64{c.building(c.region()).ID},
		})
		return err
	},
	"core.GetCollectionCalendar": func(_ *company, ctx context.Context) error {
		_, err := core.GetCollectionCalendar(ctx, &core.GetCollectionCalendarParams{From: "2030-01-01", To: "2030-01-31"})
		return err
	},
	"core.ChangeCollections": func(c *company, ctx context.Context) error {
		collection := c.collection(c.building(c.region()).ID)
		_, err := core.ChangeCollections(ctx, &core.ChangeCollectionsParams{
			Items: []core.CollectionToChange{{ID: collection.ID, Version: collection.Version, Date: "2030-01-09"}},
		})
		return err
	},
	"core.CopyCollectionsTo": func(c *company, ctx context.Context) error {
		_, err := core.CopyCollectionsTo(ctx, &core.CopyCollectionsToParams{
			Items: []core.CollectionToCopy{{ID: c.collection(c.building(c.region()).ID).ID, Date: "2030-01-09"}},
		})
		return err
	},
	"core.DeleteCollections": func(c *company, ctx context.Context) error {
		_, err := core.DeleteCollections(ctx, &core.CollectionIDsParams{IDs: []int64{c.collection(c.building(c.region()).ID).ID}})
		return err
	},
	"core.RestoreCollections": func(c *company, ctx context.Context) error {
		_, err := core.RestoreCollections(ctx, &core.CollectionIDsParams{IDs: []int64{c.collection(c.building(c.region()).ID).ID}})
		return err
	},
	"core.ListCollectionRules": func(_ *company, ctx context.Context) error {
		_, err := core.ListCollectionRules(ctx, &core.ListCollectionRulesParams{})
		return err
	},
	"core.GetCollectionRule": func(c *company, ctx context.Context) error {
		_, building := c.startedRun()
		_, err := core.GetCollectionRule(ctx, c.collectionRule(building).ID)
		return err
	},
	"core.CreateCollectionRule": func(c *company, ctx context.Context) error {
		_, err := core.CreateCollectionRule(ctx, c.ruleParams(c.building(c.region()).ID))
		return err
	},
	"core.PutCollectionRule": func(c *company, ctx context.Context) error {
		building := c.building(c.region()).ID
		params := c.ruleParams(building)
		rule := c.collectionRule(building)
		params.Version = rule.Version
		_, err := core.PutCollectionRule(ctx, rule.ID, params)
		return err
	},
	"core.ArchiveCollectionRule": func(c *company, ctx context.Context) error {
		_, err := core.ArchiveCollectionRule(ctx, c.collectionRule(c.building(c.region()).ID).ID)
		return err
	},
	"core.UnarchiveCollectionRule": func(c *company, ctx context.Context) error {
		_, err := core.UnarchiveCollectionRule(ctx, c.collectionRule(c.building(c.region()).ID).ID)
		return err
	},
	"core.GetCollectionRuleGeneration": func(c *company, ctx context.Context) error {
		_, err := core.GetCollectionRuleGeneration(ctx, c.collectionRule(c.building(c.region()).ID).ID)
		return err
	},
	"core.PreviewCollectionRule": func(c *company, ctx context.Context) error {
		_, err := core.PreviewCollectionRule(ctx, c.ruleParams(c.building(c.region()).ID))
		return err
	},

	"core.ListRuns": func(_ *company, ctx context.Context) error {
		_, err := core.ListRuns(ctx, &core.ListRunsParams{})
		return err
	},
	"core.MyRuns": func(_ *company, ctx context.Context) error {
		_, err := core.MyRuns(ctx, &core.MyRunsParams{})
		return err
	},
	"core.GetRun": func(c *company, ctx context.Context) error {
		_, err := core.GetRun(ctx, c.run().ID)
		return err
	},
	"core.PlanRun": func(c *company, ctx context.Context) error {
		_, err := core.PlanRun(ctx, c.planParams())
		return err
	},
	"core.StartRun": func(c *company, ctx context.Context) error {
		_, err := core.StartRun(ctx, c.run().ID, &core.StartRunParams{ID: newID(), OccurredAt: time.Now()})
		return err
	},
	"core.CompleteRun": func(c *company, ctx context.Context) error {
		run, _ := c.startedRun()
		_, err := core.CompleteRun(ctx, run, &core.CompleteRunParams{ID: newID(), OccurredAt: time.Now(), Reason: "Storm"})
		return err
	},
	"core.CorrectVisit": func(c *company, ctx context.Context) error {
		run, building := c.startedRun()
		_, err := core.PutOutcome(c.asWorker(), run, building, &core.PutOutcomeParams{
			ID: newID(), Outcome: core.OutcomeSkipped, Reason: "Dicht", OccurredAt: time.Now(),
		})
		require.NoError(c.t, err)
		_, err = core.CorrectVisit(ctx, run, building, &core.CorrectVisitParams{
			ID: newID(), What: "outcome", Outcome: core.OutcomeFailed, OutcomeReason: "Dicht", Reason: "Verkeerd getikt",
		})
		return err
	},
	"core.CancelRun": func(c *company, ctx context.Context) error {
		_, err := core.CancelRun(ctx, c.run().ID, &core.CancelRunParams{Reason: "Storm"})
		return err
	},
	"core.PutStep": func(c *company, ctx context.Context) error {
		run, building := c.startedRun()
		c.picture(run, building)
		_, err := core.PutStep(ctx, run, building, core.StepArrival, &core.PutStepParams{ID: newID(), OccurredAt: time.Now()})
		return err
	},
	"core.PutOutcome": func(c *company, ctx context.Context) error {
		run, building := c.startedRun()
		_, err := core.PutOutcome(ctx, run, building, &core.PutOutcomeParams{
			ID: newID(), Outcome: core.OutcomeSkipped, Reason: "Closed", OccurredAt: time.Now(),
		})
		return err
	},
	"core.ListRemarks": func(c *company, ctx context.Context) error {
		_, err := core.ListRemarks(ctx, c.remark().RunID, &core.ListRemarksParams{})
		return err
	},
	"core.AddRemark": func(c *company, ctx context.Context) error {
		run, building := c.startedRun()
		_, err := core.AddRemark(ctx, run, &core.AddRemarkParams{ID: newID(), BuildingID: building, Text: "Shut", OccurredAt: time.Now()})
		return err
	},
	"core.PutRemark": func(c *company, ctx context.Context) error {
		_, err := core.PutRemark(ctx, c.remark().ID, &core.PutRemarkParams{ID: newID(), Text: "Open", Reason: "It was"})
		return err
	},
	"core.DeleteRemark": func(c *company, ctx context.Context) error {
		_, err := core.DeleteRemark(ctx, c.remark().ID, &core.DeleteRemarkParams{Reason: "It was not"})
		return err
	},
	"core.RemovePicture": func(c *company, ctx context.Context) error {
		_, err := core.RemovePicture(ctx, c.remark().ID, newID(), &core.RemovePictureParams{Reason: "Another gate"})
		return err
	},
	"core.BeginPictureUpload": func(c *company, ctx context.Context) error {
		run, building := c.startedRun()
		_, err := core.BeginPictureUpload(ctx, newID(), &core.BeginPictureUploadParams{
			RunID: run, BuildingID: building, Step: core.StepArrival, TakenAt: time.Now(), Size: 3 << 20, Sha256: strings.Repeat("0", 64),
		})
		return err
	},
	"core.FinishPictureUpload": func(c *company, ctx context.Context) error {
		_, err := core.FinishPictureUpload(ctx, c.picture(c.startedRun()))
		return err
	},
	"core.GetPicture": func(c *company, ctx context.Context) error {
		_, err := core.GetPicture(ctx, c.picture(c.startedRun()))
		return err
	},
	"auth.GetUser": func(c *company, ctx context.Context) error {
		_, err := auth.GetUser(ctx, c.worker.id)
		return err
	},
	"auth.ChangeUser": func(c *company, ctx context.Context) error {
		person, err := auth.GetUser(c.asAdmin(), c.worker.id)
		require.NoError(c.t, err)
		_, err = auth.ChangeUser(ctx, c.worker.id, &auth.ChangeUserParams{
			FirstName: "Robin", LastName: "Maes", Language: "nl", Version: person.Version,
		})
		return err
	},
	"auth.RenewInvitation": func(c *company, ctx context.Context) error {
		_, err := auth.RenewInvitation(ctx, c.invitation().Invitation.ID)
		return err
	},
	"auth.SetActive": func(c *company, ctx context.Context) error {
		_, err := auth.SetActive(ctx, c.account(auth.RoleStudent).id, &auth.SetActiveParams{})
		return err
	},
	"auth.Anonymise": func(c *company, ctx context.Context) error {
		_, err := auth.Anonymise(ctx, c.deactivated().id, &auth.AnonymiseParams{})
		return err
	},
	"auth.AccountExport": func(_ *company, ctx context.Context) error {
		_, err := auth.AccountExport(ctx)
		return err
	},
	"core.OpenRuns": func(c *company, ctx context.Context) error {
		_, err := core.OpenRuns(ctx, c.worker.id)
		return err
	},
	"core.Deactivate": func(c *company, ctx context.Context) error {
		_, err := core.Deactivate(ctx, c.account(auth.RoleStudent).id, &core.DeactivateParams{})
		return err
	},
	"core.Reactivate": func(c *company, ctx context.Context) error {
		_, err := core.Reactivate(ctx, c.deactivated().id)
		return err
	},
	"core.Anonymise": func(c *company, ctx context.Context) error {
		_, err := core.Anonymise(ctx, c.deactivated().id)
		return err
	},
	"core.PutMyRegions": func(c *company, ctx context.Context) error {
		_, err := core.PutMyRegions(ctx, &core.PutUserRegionsParams{RegionIDs: []int64{c.region()}})
		return err
	},
	"audit.List": func(_ *company, ctx context.Context) error {
		_, err := audit.List(ctx, &audit.ListParams{})
		return err
	},
	"audit.ChangesExport": func(_ *company, ctx context.Context) error {
		_, err := audit.ChangesExport(ctx, &audit.ChangesExportParams{})
		return err
	},
	"mail.ListNotificationDevices": func(_ *company, ctx context.Context) error {
		_, err := mail.ListNotificationDevices(ctx)
		return err
	},
	"mail.PutNotificationDevice": func(c *company, ctx context.Context) error {
		_, err := mail.PutNotificationDevice(ctx, c.notificationDeviceParams())
		return err
	},
	"mail.DeleteNotificationDevice": func(c *company, ctx context.Context) error { // the worker's
		return mail.DeleteNotificationDevice(ctx, c.notificationDevice())
	},
	"mail.TestNotificationDevice": func(c *company, ctx context.Context) error { // the worker's
		return mail.TestNotificationDevice(ctx, c.notificationDevice())
	},
	"mail.MessagesExport": func(_ *company, ctx context.Context) error {
		_, err := mail.MessagesExport(ctx, &mail.MessagesExportParams{})
		return err
	},
	"core.RunsExport": func(_ *company, ctx context.Context) error {
		_, err := core.RunsExport(ctx)
		return err
	},
	"core.IncidentsExport": func(_ *company, ctx context.Context) error {
		_, err := core.IncidentsExport(ctx, &core.IncidentsExportParams{})
		return err
	},
	"core.IncidentPictureContent": func(_ *company, ctx context.Context) error {
		_, err := core.IncidentPictureContent(ctx, &core.PictureContentParams{ID: uuid.Must(uuid.NewV4())})
		return err
	},
	"core.RunExport": func(c *company, ctx context.Context) error {
		_, err := core.RunExport(ctx, c.run().ID)
		return err
	},
	"audit.GetEntry": func(c *company, ctx context.Context) error {
		_, err := audit.GetEntry(ctx, c.entry())
		return err
	},
	"mail.ListMessages": func(_ *company, ctx context.Context) error {
		_, err := mail.ListMessages(ctx, &mail.ListMessagesParams{})
		return err
	},
	"mail.GetMessage": func(c *company, ctx context.Context) error {
		_, err := mail.GetMessage(ctx, c.message())
		return err
	},
	"mail.ResendMessage": func(c *company, ctx context.Context) error {
		_, err := mail.ResendMessage(ctx, c.message())
		return err
	},
	"mail.GetPreferences": func(_ *company, ctx context.Context) error {
		_, err := mail.GetPreferences(ctx)
		return err
	},
	"mail.PutPreferences": func(_ *company, ctx context.Context) error {
		_, err := mail.PutPreferences(ctx, &mail.PutPreferencesParams{})
		return err
	},
	"mail.ListTemplates": func(_ *company, ctx context.Context) error {
		_, err := mail.ListTemplates(ctx)
		return err
	},
	"mail.GetTemplate": func(c *company, ctx context.Context) error {
		_, err := mail.GetTemplate(ctx, c.template().ID)
		return err
	},
	"mail.CreateTemplate": func(_ *company, ctx context.Context) error {
		_, err := mail.CreateTemplate(ctx, templateParams())
		return err
	},
	"mail.PutTemplate": func(c *company, ctx context.Context) error {
		template := c.template()
		_, err := mail.PutTemplate(ctx, template.ID, &mail.TemplateParams{
			Name: template.Name, Subject: "Sleutels", Body: "Breng ze terug.", Version: template.Version,
		})
		return err
	},
	"mail.DeleteTemplate": func(c *company, ctx context.Context) error {
		return mail.DeleteTemplate(ctx, c.template().ID)
	},
	"mail.Preview": func(c *company, ctx context.Context) error {
		_, err := mail.Preview(ctx, &mail.PreviewParams{Subject: "Dag", Body: "{{first_name}}", UserID: c.worker.id})
		return err
	},
	"mail.Receivers": func(c *company, ctx context.Context) error {
		_, err := mail.Receivers(ctx, &mail.SendParams{Subject: "Dag", Body: "{{first_name}}", UserIDs: []int64{c.worker.id}})
		return err
	},
	"mail.Send": func(c *company, ctx context.Context) error {
		_, err := mail.Send(ctx, &mail.SendParams{Subject: "Dag", Body: "{{first_name}}", UserIDs: []int64{c.worker.id}})
		return err
	},
	"mail.SendDaySummary": func(c *company, ctx context.Context) error {
		_, err := mail.SendDaySummary(ctx, &mail.SendDaySummaryParams{
			ID: newID(), Date: time.Now().AddDate(0, 0, -1).Format(time.DateOnly), UserIDs: []int64{c.superstudent.id},
		})
		return err
	},
	"mail.SendTest": func(_ *company, ctx context.Context) error {
		_, err := mail.SendTest(ctx)
		return err
	},
	"mail.Status": func(_ *company, ctx context.Context) error {
		_, err := mail.Status(ctx)
		return err
	},
	"core.GetDayStops": func(_ *company, ctx context.Context) error {
		_, err := core.GetDayStops(ctx, &core.GetDashboardParams{})
		return err
	},
	"core.GetDayFeed": func(_ *company, ctx context.Context) error {
		_, err := core.GetDayFeed(ctx, &core.GetDayFeedParams{})
		return err
	},
	"core.GetDaySummary": func(_ *company, ctx context.Context) error {
		_, err := core.GetDaySummary(ctx, &core.GetDashboardParams{})
		return err
	},
	"core.GetDashboard": func(_ *company, ctx context.Context) error {
		_, err := core.GetDashboard(ctx, &core.GetDashboardParams{})
		return err
	},
}

func register(ctx context.Context, token string) error {
	_, err := auth.Register(ctx, &auth.RegisterParams{
		Token: token, FirstName: "Robin", LastName: "Maes", Password: password,
	})
	return err
}
