package oversight

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/complaint"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

type complaintList struct {
	Key  string
	Rows []complaintRow
}

// complaintRow is one complaint. It names no person.
type complaintRow struct {
	Href, About, Matter, Office, State, Due string
	Late                                    bool
}

// complaints is D-21: what the province's oversight has to look into, and whom it has to call.
func (f *Face) complaints(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	ctx := r.Context()
	var lists []complaintList
	for _, todo := range []complaint.Todo{complaint.Work, complaint.Calls} {
		list, err := f.cfg.Complaints.List(ctx, by, todo, mostRows)
		if err != nil {
			return err
		}
		l := complaintList{Key: string(todo)}
		for _, x := range list {
			due, late := f.complaintDue(ctx, x)
			l.Rows = append(l.Rows, complaintRow{
				Href: "/desk/complaints/" + x.ID, About: f.aboutWords(ctx, x.About), Matter: f.matter(ctx, x.Item), Office: f.office(ctx, x.Office),
				State: page.T(ctx, "complaint.state."+string(x.Care.State)), Due: due, Late: late,
			})
		}
		lists = append(lists, l)
	}
	return f.show(w, r, http.StatusOK, page.T(ctx, "complaint.desk.title"), "", complaintsPage(lists))
}

func (f *Face) complaintDue(ctx context.Context, x complaint.Complaint) (string, bool) {
	if x.Care.Due.IsZero() {
		return "", false
	}
	s := page.ShortDay(workday.DateOf(x.Care.Due).AddDays(-1), page.PrefsOf(ctx).Lang)
	if x.Care.Provisional {
		s += page.T(ctx, "rating.provisional")
	}
	return s, !f.cfg.Kit.Now().Before(x.Care.Due)
}

func (f *Face) aboutWords(ctx context.Context, key string) string {
	for _, a := range f.cfg.Kit.Complaints.Abouts() {
		switch {
		case a.Key == key && page.PrefsOf(ctx).Lang == "en":
			return a.En
		case a.Key == key:
			return a.Zh
		}
	}
	return key
}

// complaintView is one complaint with its steps, and what may be done.
type complaintView struct {
	X       complaint.Complaint
	Rows    []page.Row
	Text    []string
	Steps   []page.Event
	Acts    []page.Choice
	Whom    []page.Row
	Act     string // as chosen
	Words   string
	Problem []page.FieldError
}

func (f *Face) complaint(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	return f.complaintAgain(w, r, by, http.StatusOK, complaintView{})
}

func (f *Face) complaintAgain(w http.ResponseWriter, r *http.Request, by casefile.Actor, status int, v complaintView) error {
	ctx := r.Context()
	x, err := f.cfg.Complaints.See(ctx, by, r.PathValue("id"))
	if err != nil {
		return err
	}
	due, late := f.complaintDue(ctx, x)
	if late {
		due += " " + page.T(ctx, "rating.desk.late")
	}
	v.X, v.Text = x, lines(x.Text)
	v.Rows = []page.Row{
		{Key: page.T(ctx, "rating.desk.office"), Value: page.T(ctx, "rating.target."+string(x.Target), f.office(ctx, x.Office))},
		{Key: page.T(ctx, "rating.desk.matter"), Value: f.matter(ctx, x.Item)},
		{Key: page.T(ctx, "complaint.desk.number"), Value: x.No},
		{Key: page.T(ctx, "complaint.desk.about"), Value: f.aboutWords(ctx, x.About)},
		{Key: page.T(ctx, "rating.desk.state"), Value: page.T(ctx, "complaint.state."+string(x.Care.State))},
	}
	if due != "" {
		v.Rows = append(v.Rows, page.Row{Key: page.T(ctx, "rating.desk.due"), Value: due})
	}
	for _, s := range slices.Backward(x.Care.Steps) {
		v.Steps = append(v.Steps, page.Event{
			What: page.T(ctx, "complaint.act."+string(s.Act)), Note: s.Text,
			When: page.ShortDay(workday.DateOf(s.At), page.PrefsOf(ctx).Lang), DateTime: s.At.UTC().Format(time.RFC3339),
		})
	}
	acts := x.Acts(f.cfg.Kit.Me)
	for _, a := range []complaint.Act{complaint.Take, complaint.Settle, complaint.Explain, complaint.Content, complaint.Unhappy, complaint.NoAnswer} {
		if right, ok := acts[a]; ok && office.Ever(by.Roles, right) {
			v.Acts = append(v.Acts, page.Choice{Value: string(a), Text: page.T(ctx, "complaint.act."+string(a))})
		}
	}
	if x.Todo(f.cfg.Kit.Me) == complaint.Calls && office.Ever(by.Roles, office.CallComplaint) {
		c, err := f.cfg.Complaints.Whom(ctx, by, x)
		if err != nil {
			return err
		}
		v.Whom = []page.Row{
			{Key: page.T(ctx, "rating.desk.whom_name"), Value: c.Private.Applicant.Name},
			{Key: page.T(ctx, "rating.desk.whom_phone"), Value: c.Private.Applicant.Phone},
		}
	}
	return f.show(w, r, status, page.T(ctx, "complaint.desk.one", f.matter(ctx, x.Item)), "/desk/complaints", complaintPage(v))
}

// complaintStep does a step.
func (f *Face) complaintStep(w http.ResponseWriter, r *http.Request, by casefile.Actor) error {
	q, id := r.PostForm, r.PathValue("id")
	if _, err := f.cfg.Complaints.See(r.Context(), by, id); err != nil {
		return err
	}
	row, err := strconv.ParseInt(q.Get("row"), 10, 64)
	if err != nil {
		return errs.New(errs.BadRequest, "row")
	}
	v := complaintView{Act: q.Get("act"), Words: q.Get("text")}
	if v.Act == "" {
		v.Problem = []page.FieldError{{Field: "act", Text: page.T(r.Context(), "rating.desk.pick")}}
		return f.complaintAgain(w, r, by, http.StatusUnprocessableEntity, v)
	}
	err = f.cfg.Complaints.Do(r.Context(), by, id, row, complaint.Act(v.Act), v.Words)
	if errs.Is(err, errs.ComplaintWords) || errs.Is(err, errs.MessageLong) {
		v.Problem = []page.FieldError{{Field: "text", Text: errs.CodeOf(err).Text(page.PrefsOf(r.Context()).Lang).What}}
		return f.complaintAgain(w, r, by, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, "/desk/complaints?saved=1")
}
