package phone

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// box is one person's, as the pages show it.
type box struct {
	Sub, Name, Title string
	Count            int
	Off              bool
	Messages         []message
}

type message struct{ Channel, When, Text, Case string }

// Register puts the telephones on a site: GET /phone lists them, GET /phone/{who} shows one, POST /phone/{who} switches it.
// today is the business date that the frame shows.
func (p *Phone) Register(site *page.Site, today func() workday.Date) {
	show := func(w http.ResponseWriter, r *http.Request, back string, body func(context.Context) templ.Component) error {
		f := page.FrameOf(r)
		f.Face, f.FaceName, f.Demo, f.Today, f.Back = "hub", page.T(r.Context(), "hub.face"), true, today().String(), back
		f.Title = page.T(r.Context(), "nation.phone.title")
		return page.Show(w, r, http.StatusOK, f, body(r.Context()))
	}
	site.Get("/phone", func(w http.ResponseWriter, r *http.Request) error {
		return show(w, r, "/", func(ctx context.Context) templ.Component { return boxesPage(p.all(ctx)) })
	})
	site.Get("/phone/{who}", func(w http.ResponseWriter, r *http.Request) error {
		b, ok := p.box(r.Context(), r.PathValue("who"))
		if !ok {
			return errs.New(errs.NoSuchPage, "nobody")
		}
		for _, m := range p.Of(b.Sub) {
			b.Messages = append(b.Messages, message{
				page.T(r.Context(), "notice.channel."+string(m.Channel)), m.At.In(workday.Zone).Format("2006-01-02 15:04"), m.Text, m.Case,
			})
		}
		return show(w, r, "/phone", func(context.Context) templ.Component { return boxPage(b) })
	})
	site.Post("/phone/{who}", func(w http.ResponseWriter, r *http.Request) error {
		b, ok := p.box(r.Context(), r.PathValue("who"))
		if !ok {
			return errs.New(errs.NoSuchPage, "nobody")
		}
		p.Switch(b.Sub, r.PostForm.Get("off") == "1")
		return page.SeeOther(w, r, "/phone/"+b.Sub)
	})
}

func (p *Phone) all(ctx context.Context) []box {
	var out []box
	for _, one := range p.people {
		b, _ := p.box(ctx, one.Sub)
		out = append(out, b)
	}
	b, _ := p.box(ctx, other)
	return append(out, b)
}

func (p *Phone) box(ctx context.Context, who string) (box, bool) {
	if who == other {
		return box{Sub: other, Name: page.T(ctx, "nation.phone.other"), Count: p.count(other), Off: p.isOff(other)}, true
	}
	for _, one := range p.people {
		if one.Sub == who {
			b := box{Sub: who, Name: one.Name, Title: one.Title, Count: p.count(who), Off: p.isOff(who)}
			if page.PrefsOf(ctx).Lang == "en" {
				b.Title = one.TitleEn
			}
			return b, true
		}
	}
	return box{}, false
}
