package rate

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"tongban/internal/domain/complaint"
	"tongban/internal/domain/rating"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// States are the pages of ratings with made-up data, for the gallery.
func States() []page.State {
	book := rating.Default()
	day := workday.DateOf(time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC))
	form := func(name string, change func(*formView)) page.State {
		v := formView{
			Action: "/cases/x/rate/window", Office: "Shangzhi", Target: rating.Window, Key: "k", Indicators: book.Set(rating.Online, day).Indicator, Rules: book.On(day),
		}
		change(&v)
		return page.Made("entrance", "E-25", name, "rating.title", func(*http.Request) templ.Component { return formPage(v) })
	}
	list := func(name string, v listView) page.State {
		v.No, v.Matter = "23-1", "Business licence"
		return page.Made("entrance", "E-25", name, "rating.title", func(*http.Request) templ.Component { return listPage(v) })
	}
	window := service{Chance: rating.Chance{Target: rating.Window, Nth: 1}, Name: "Shangzhi", Href: "/gallery", Until: "12-25"}
	later := service{Chance: rating.Chance{Target: rating.Decider}, Name: "Xining", Why: "?"}
	given := window
	given.Nth = 2
	given.Given = []said{
		{Head: "5", When: "11-25", Text: []string{"<script>"}, State: "?", Answer: []string{"!", "?"}},
		{Head: "4", When: "11-25", State: "?", Due: "11-26"},
	}
	complaints := func(name string, services ...complained) page.State {
		v := complaintsView{No: "23-1", Matter: "Business licence", Services: services}
		return page.Made("entrance", "E-26", name, "complaint.title", func(*http.Request) templ.Component { return complaintsPage(v) })
	}
	complain := func(name string, problems ...page.FieldError) page.State {
		v := complainView{Action: "/gallery", Office: "Xining", Key: "k", Problems: problems, Rules: complaint.Default().On(day)}
		for _, a := range complaint.Default().Abouts() {
			v.Abouts = append(v.Abouts, page.Choice{Value: a.Key, Text: a.Zh})
		}
		return page.Made("entrance", "E-26", name, "complaint.title", func(*http.Request) templ.Component { return complainPage(v) })
	}
	grievances := []grievance{
		{Head: "1", When: "11-25", State: "?", Text: []string{"<script>"}, Answer: []string{"!", "?"}}, {Head: "2", When: "11-25", State: "?", Due: "11-26"},
	}
	return []page.State{
		complaints("complaints", complained{Name: "Shangzhi", Href: "/gallery", Target: complaint.Window, Open: true}, complained{Name: "Xining", Target: complaint.Decider, Why: "?", Made: grievances}),
		complaints("complaints-elsewhere"),
		complain("complain"),
		complain("complain-wrong", page.FieldError{Field: "about", Text: errs.ComplaintAbout.Text("zh").What}, page.FieldError{Field: "text", Text: errs.ComplaintWords.Text("zh").What}),
		list("rate", listView{Services: []service{window, later}}),
		list("rate-given", listView{Services: []service{given}}),
		form("rate-form", func(*formView) {}),
		form("rate-again", func(v *formView) { v.Again, v.Target = true, rating.Decider }),
		form("rate-wrong", func(v *formView) {
			v.Problems = []page.FieldError{{Field: "level", Text: errs.BadRating.Text("zh").What}, {Field: "text", Text: errs.MessageLong.Text("zh").What}}
			v.Text, v.Scores, v.Named = "x", map[string]string{"speed": "4"}, true
		}),
		form("rate-by-code", func(v *formView) { v.ByCode = true }),
		page.Made("entrance", "E-25", "rate-code", "rating.code.title", func(*http.Request) templ.Component { return enterPage("", "") }),
		page.Made("entrance", "E-25", "rate-code-wrong", "rating.code.title", func(*http.Request) templ.Component { return enterPage("1", errs.NoRatingCode.Text("zh").What) }),
		page.Made("entrance", "E-25", "rate-thanks", "rating.thanks", func(*http.Request) templ.Component { return thanksPage() }),
	}
}
