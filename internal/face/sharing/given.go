package sharing

import (
	"context"
	"net/http"
	"time"

	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

const (
	givenPath = "/desk/sharing/given"
	mostGiven = 100
)

type givenView struct {
	names
	List []unit.Answered
}

// given is what other provinces were told here, and whether they deleted it since; it names nobody.
func (f *Face) given(w http.ResponseWriter, r *http.Request, v visit) error {
	list, err := f.cfg.Answered(r.Context(), mostGiven)
	if err != nil {
		return err
	}
	return f.show(w, r, http.StatusOK, page.T(r.Context(), "sharing.given.title"), "/desk/sharing", givenPage(givenView{names{v.lang, f}, list}))
}

func (v givenView) table(ctx context.Context) page.TableParams {
	t := page.TableParams{Caption: page.T(ctx, "sharing.given.title"), CaptionClass: "govuk-visually-hidden"}
	for _, h := range []string{"when", "who", "matter", "case", "state"} {
		t.Head = append(t.Head, page.Cell{Text: page.T(ctx, "sharing.given."+h)})
	}
	for _, a := range v.List {
		state := page.T(ctx, "sharing.given.kept")
		if !a.Deleted.IsZero() {
			state = page.T(ctx, "sharing.given.gone", workday.DateOf(a.Deleted).String())
		}
		t.Rows = append(t.Rows, []page.Cell{
			{Content: moment(a.At.In(zone).Format("2006-01-02 15:04"), a.At.UTC().Format(time.RFC3339))},
			{Text: v.node(a.Asker)},
			{Text: v.item(a.Item)},
			{Content: page.CaseNumber(string(a.No))},
			{Text: state},
		})
	}
	return t
}
