package oversight

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/complaint"
	"tongban/internal/domain/rating"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// States are the pages of those who answer for a service with made-up data, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	row := ratingRow{Href: "/gallery", Matter: "Business licence", Office: "Shangzhi", Level: "5", State: "?", Due: "11-26"}
	late := row
	late.Late = true
	sums := [][]page.Cell{{page.Text("Shangzhi"), page.Text("1"), page.Text("0"), page.Text("0"), page.Text("1"), page.Text("0"), page.Text("2")}}
	care := [][]page.Cell{{page.Text("?"), page.Text("1"), page.Text("1")}}
	one := ratingView{
		R:    rating.Rating{ID: "r", Row: 1, Level: rating.VeryDissatisfied, Care: rating.Care{State: rating.Open}},
		Rows: []page.Row{{Key: "Matter", Value: "Business licence"}, {Key: "Level", Value: "5"}},
		Text: []string{"<script>", "!"}, Acts: []page.Choice{{Value: "fix", Text: "1"}, {Value: "explain", Text: "2"}},
		Steps: []page.Event{{When: "11-25", DateTime: at.Format(time.RFC3339), What: "?", Note: "!"}},
	}
	made := func(name string, body templ.Component) page.State {
		return page.Made("desk", "D-21", name, "rating.desk.title", func(*http.Request) templ.Component { return body })
	}
	mine := func(change func(*ratingView)) templ.Component {
		v := one
		change(&v)
		return ratingPage(v)
	}
	key := keyView{Key: "k"}
	wrong := keyView{Key: "k", No: "1", Problem: []page.FieldError{{Field: "no", Text: errs.NoSuchRating.Text("zh").What}, {Field: "level", Text: errs.BadRating.Text("zh").What}}}
	crow := complaintRow{Href: "/gallery", About: "Late", Matter: "Business licence", Office: "Xining", State: "?", Due: "11-26", Late: true}
	grief := func(name string, change func(*complaintView)) page.State {
		v := complaintView{
			X: complaint.Complaint{ID: "x", Row: 1}, Rows: one.Rows, Text: one.Text, Steps: one.Steps,
			Acts: []page.Choice{{Value: "settle", Text: "1"}, {Value: "explain", Text: "2"}},
		}
		change(&v)
		return made(name, complaintPage(v))
	}
	return append(watchStates(), []page.State{
		made("desk-complaints", complaintsPage([]complaintList{{Key: "work", Rows: []complaintRow{crow}}, {Key: "call"}})),
		grief("desk-complaint", func(*complaintView) {}),
		grief("desk-complaint-wrong", func(v *complaintView) {
			v.Problem = []page.FieldError{{Field: "text", Text: errs.ComplaintWords.Text("zh").What}}
		}),
		grief("desk-complaint-call", func(v *complaintView) { v.Whom = []page.Row{{Key: "Name", Value: "Fan"}} }),
		grief("desk-complaint-closed", func(v *complaintView) { v.Acts = nil }),
		made("ratings", ratingsPage(ratingsView{Lists: []ratingList{{Key: "work", Rows: []ratingRow{row, late}}}})),
		made("ratings-none", ratingsPage(ratingsView{Lists: []ratingList{{Key: "work"}}, Key: true})),
		made("ratings-watch", ratingsPage(ratingsView{Lists: []ratingList{{Key: "call", Rows: []ratingRow{row}}, {Key: "review"}}, Sums: sums, Care: care})),
		made("rating", mine(func(*ratingView) {})),
		made("rating-wrong", mine(func(v *ratingView) {
			v.Problem = []page.FieldError{{Field: "text", Text: errs.RatingWords.Text("zh").What}}
		})),
		made("rating-call", mine(func(v *ratingView) {
			v.Whom = []page.Row{{Key: "Name", Value: "Fan"}, {Key: "Telephone", Value: "13800000001"}}
		})),
		made("rating-closed", mine(func(v *ratingView) { v.Acts, v.Text = nil, nil })),
		made("rating-key", keyPage(key)), made("rating-key-wrong", keyPage(wrong)),
	}...)
}
