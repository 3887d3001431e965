package apply

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"tongban/catalogue"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	licences "tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// made is what these pages in the gallery are made from.
type made struct {
	f   *Face
	at  time.Time
	out []page.State
}

// States are these pages with the answers of a made-up person, for the gallery.
func States() []page.State {
	at := time.Date(2026, time.November, 25, 1, 0, 0, 0, time.UTC)
	regions, err := region.Default()
	if err != nil { // compiled in, so a test has seen it
		panic(err)
	}
	calendar, err := workday.Default()
	if err != nil {
		panic(err)
	}
	offices, err := office.Load(catalogue.FS)
	if err != nil {
		panic(err)
	}
	kit := &unit.Kit{Me: "23", Now: func() time.Time { return at }, Catalogue: item.Default(), Calendar: calendar, Regions: regions, Offices: offices}
	m := &made{at: at, f: New(Config{
		Desk: &apply.Desk{Kit: kit}, Kit: kit, PublicURL: "http://heilongjiang.localhost",
		Away: func(office.NodeID) (time.Time, bool) { return at.Add(-time.Hour), true },
	})}
	m.beginning()
	m.answering()
	m.papers()
	m.inviting()
	m.ending()
	return m.out
}

func (m *made) add(group, name, title string, body func(lang string) templ.Component) {
	m.out = append(m.out, page.Made("entrance", group, name, title, func(r *http.Request) templ.Component { return body(page.PrefsOf(r.Context()).Lang) }))
}

// draft is an application of a made-up person for a matter; change fills it.
func (m *made) draft(lang, code string, change func(*journey.Draft, item.Version)) draft {
	it, _ := item.Default().Item(code)
	v, _ := item.Default().Version(code, workday.DateOf(m.at))
	d := journey.Draft{
		ID: "d", Item: code, Mode: item.Online, Here: region.Must("230183"), There: region.Must("630100"), Opened: m.at, Saved: m.at,
		Applicant: party.Person{Name: "Fan", IDType: party.ResidentID, IDNo: "230183199001010025", Phone: "13800000001"},
		Said:      map[string]bool{}, Answers: map[string]string{}, Records: map[string]journey.Record{}, Wrong: map[string]string{},
		Supplies: map[string]string{}, Seen: map[string]bool{}, Doubts: map[string]string{},
	}
	for _, e := range item.Default().Evidence() {
		values := map[string]string{}
		for _, name := range e.Gives {
			values[name] = "<i>x"
		}
		d.Records[e.Key] = journey.Record{Values: values, Name: e.Name, NameEn: e.NameEn, At: m.at}
	}
	if change != nil {
		change(&d, v)
	}
	return draft{Draft: d, V: v, Item: it, Steps: journey.Steps(d, v), lang: lang}
}

const licence, marriage = "2020-030", "2020-054"

// silent makes every register away.
func silence(d *journey.Draft, _ item.Version) {
	for key, r := range d.Records {
		r.Values, r.Gap = nil, journey.Down
		d.Records[key] = r
	}
}

func (m *made) beginning() {
	begin := func(name string, change func(*beginView)) {
		m.add("E-10", name, "apply.begin.start", func(lang string) templ.Component {
			d := m.draft(lang, licence, nil)
			there, _ := m.f.cfg.Kit.OfficeAt(d.There)
			here, _ := m.f.cfg.Kit.OfficeAt(d.Here)
			v := beginView{Key: "k", Wish: apply.Wish{Item: licence, Here: d.Here, There: d.There}, Item: d.Item, V: d.V, Mode: item.Online, There: there, Here: here, Lang: lang}
			change(&v)
			return beginPage(m.f, v)
		})
	}
	begin("begin", func(*beginView) {})
	begin("begin-entrusted", func(v *beginView) { v.Mode, v.Unproven = item.Entrusted, true })
	begin("begin-again", func(v *beginView) { v.Going = []journey.Draft{{ID: "e", Saved: m.at}} })
	begin("begin-carried", func(v *beginView) {
		v.Wish.Said = map[string]bool{}
		for _, q := range v.V.Questions {
			v.Wish.Said[q.Key] = true
		}
	})
	begin("begin-too-low", func(v *beginView) { v.Too = true })
	m.add("E-10", "tasks", "apply.tasks.title", func(lang string) templ.Component { return tasksPage(m.f, m.draft(lang, licence, nil)) })
	moved := func(name string, changes ...journey.Change) {
		m.add("E-18", name, "apply.rules.title", func(lang string) templ.Component {
			d := m.draft(lang, licence, nil)
			return movedPage(d.Draft, d.V, changes, lang)
		})
	}
	moved("rules-moved", journey.Change{What: "material", How: "new", Name: "Lease", NameEn: "Lease"}, journey.Change{What: "question", How: "gone", Name: "Name", NameEn: "Name"}, journey.Change{What: "fee", How: "changed"})
	moved("rules-moved-same")
	m.add("E-10", "drop", "apply.drop.title", func(lang string) templ.Component {
		d := m.draft(lang, licence, nil)
		return dropPage(d.Draft, itemName(lang, d.Item, d.V))
	})
	m.add("E-08", "signed-out", "apply.expired.title", func(string) templ.Component {
		return expiredPage("/apply/d/q/scope", "/login", [][2]string{{"answer", "<script>"}})
	})
	for name, why := range map[string]string{"raise": "", "raise-again": "!"} {
		m.add("E-08", name, "apply.raise.title", func(lang string) templ.Component { return raisePage(m.draft(lang, marriage, nil), why) })
	}
}

func (m *made) answering() {
	m.add("E-12", "found", "apply.found.title", func(lang string) templ.Component { return foundPage(m.f, m.draft(lang, licence, nil)) })
	m.add("E-12", "found-silent", "apply.found.title", func(lang string) templ.Component { return foundPage(m.f, m.draft(lang, marriage, silence)) })
	m.add("E-12", "found-several", "apply.found.title", func(lang string) templ.Component {
		return foundPage(m.f, m.draft(lang, licence, func(d *journey.Draft, _ item.Version) {
			r := d.Records["bizlicence"]
			r.Licence = &licences.Shown{ID: "b"}
			r.Choices = []journey.Choice{{ID: "a", Type: "<script>", No: "1", Issuer: "Xining", Issued: "2026-11-20"}, {ID: "b", Type: "x", No: "2", Issuer: "Xining", Issued: "2026-11-19"}}
			d.Records["bizlicence"] = r
		}))
	})
	m.add("E-12", "found-disputed", "apply.found.title", func(lang string) templ.Component {
		return foundPage(m.f, m.draft(lang, licence, func(d *journey.Draft, v item.Version) {
			for _, x := range journey.FoundFields(*d, v) {
				d.Wrong[x.Field.Key] = "!"
			}
		}))
	})
	for name, problem := range map[string]string{"wrong": "", "wrong-empty": "!"} {
		m.add("C-12", name, "apply.found.title", func(lang string) templ.Component {
			d := m.draft(lang, licence, nil)
			x := journey.FoundFields(d.Draft, d.V)[0]
			x.Wrong = problem == ""
			return wrongPage(d, x, "", problem)
		})
	}
	// One question of each type that some matter asks.
	seen := map[item.FieldType]bool{}
	for _, it := range item.Default().All() {
		v, ok := item.Default().Version(it.Code, workday.DateOf(m.at))
		if !ok {
			continue
		}
		for _, field := range v.Typed() {
			if seen[field.Type] {
				continue
			}
			seen[field.Type] = true
			for _, problem := range []string{"", "!"} {
				name := "question-" + string(field.Type)
				if problem != "" {
					name += "-wrong"
				}
				m.add("E-11", name, "apply.tasks.title", func(lang string) templ.Component {
					d := m.draft(lang, it.Code, nil)
					q := questionView{D: d, Q: journey.Asked{Field: field}, Name: "answer", Label: pick(lang, field.Label, field.LabelEn), Hint: pick(lang, field.Hint, field.HintEn), Error: problem, Caption: itemName(lang, d.Item, d.V)}
					if problem != "" {
						q.Why = "?"
					}
					return questionPage(q)
				})
			}
		}
	}
	for name, problem := range map[string]string{"narrow": "", "narrow-wrong": "!"} {
		m.add("E-11", name, "apply.tasks.title", func(lang string) templ.Component {
			d := m.draft(lang, "2020-052", nil)
			return askPage(d, d.V.Questions[0], itemName(lang, d.Item, d.V), problem)
		})
	}
}

func (m *made) papers() {
	m.add("E-13", "materials", "apply.materials.title", func(lang string) templ.Component { return materialsPage(m.f, m.draft(lang, licence, nil), nil) })
	m.add("E-13", "materials-wrong", "apply.materials.title", func(lang string) templ.Component {
		d := m.draft(lang, licence, silence)
		wrong := map[string]string{}
		for _, p := range journey.Papers(d.Draft, d.V) {
			if len(p.Ways) > 0 {
				wrong[p.Material.Key] = "!"
			}
		}
		return materialsPage(m.f, d, wrong)
	})
	upload := func(name, problem string, change func(d *journey.Draft, material string)) {
		m.add("E-14", name, "apply.materials.title", func(lang string) templ.Component {
			d := m.draft(lang, licence, silence)
			papers := journey.Papers(d.Draft, d.V)
			i := slices.IndexFunc(papers, func(p journey.Paper) bool { return slices.Contains(p.Ways, "upload") })
			change(&d.Draft, papers[i].Material.Key)
			return uploadPage(m.f, d, papers[i], problem)
		})
	}
	upload("upload", "", func(*journey.Draft, string) {})
	upload("upload-refused", "!", func(*journey.Draft, string) {})
	upload("upload-done", "", func(d *journey.Draft, key string) {
		d.Files = []exchange.File{{Name: "Lease.pdf", Type: "application/pdf", Material: key, Size: 1024}}
		d.Doubts[d.Files[0].Address.String()] = "blurred"
	})
	upload("upload-coming", "", func(d *journey.Draft, key string) {
		d.Coming = []journey.Coming{{Key: "1", Material: key, Name: "Lease.pdf", Size: 4096, Have: 1024}}
	})
}

func (m *made) inviting() {
	guest := func(state journey.GuestState) func(*journey.Draft, item.Version) {
		return func(d *journey.Draft, _ item.Version) {
			d.Guest = &journey.Guest{Role: "Partner", RoleEn: "Partner", Until: m.at.Add(journey.InviteLife), State: state, Person: party.Person{Name: "Lin"}, Settled: m.at}
		}
	}
	invite := func(name, link string, change func(*journey.Draft, item.Version)) {
		m.add("E-15", name, "apply.tasks.invite", func(lang string) templ.Component {
			d := m.draft(lang, licence, change)
			field, _ := journey.Inviting(d.V)
			return invitePage(m.f, d, field, link)
		})
	}
	invite("invite", "", nil)
	invite("invite-link", "http://heilongjiang.localhost/join/ABCDEFGH", guest(journey.Invited))
	for _, s := range []journey.GuestState{journey.Invited, journey.Joined, journey.Declined} {
		invite("invite-"+string(s), "", guest(s))
	}
	join := func(name, print, why string, state journey.GuestState) {
		m.add("E-15", name, "apply.join.title", func(lang string) templ.Component {
			inv := apply.Invitation{From: "Fan", Item: item.Item{Code: licence, Name: "Business licence"}, Role: "Partner", Guest: journey.Guest{State: state, RoleEn: "Partner"}}
			return joinPage(inv, visit{page.Visitor{Person: party.Person{Name: "Lin", IDNo: "350102199502020044"}}, lang}, "/gallery", print, why)
		})
	}
	join("join", "ABCD", "", journey.Invited)
	join("join-not-signed", "", "!", journey.Invited)
	join("join-answered", "", "", journey.Joined)
	for name, yes := range map[string]bool{"joined": true, "joined-no": false} {
		m.add("E-15", name, "apply.joined.title", func(lang string) templ.Component {
			return joinedPage(apply.Invitation{From: "Fan"}, visit{lang: lang}, yes)
		})
	}
}

func (m *made) ending() {
	check := func(name, why string, prints []fingerprint, change func(*journey.Draft, item.Version)) {
		m.add("E-18", name, "apply.check.title", func(lang string) templ.Component {
			d := m.draft(lang, licence, change)
			there, _ := m.f.cfg.Kit.OfficeAt(d.There)
			return checkPage(m.f, d, there, prints, why)
		})
	}
	check("check-last", "", []fingerprint{{casefile.ServeOnline, "ABCD"}, {"post", "EFGH"}}, nil)
	check("check-last-silent", "!", nil, silence)
	done := func(name, code string, mode item.Mode) {
		m.add("E-20", name, "apply.done.title", func(lang string) templ.Component {
			d := m.draft(lang, code, nil)
			holder, _ := m.f.cfg.Kit.OfficeAt(d.There)
			return donePage(m.f, casefile.Case{No: casefile.MakeNo("63", workday.DateOf(m.at), 1), Item: code, Mode: mode, Here: d.Here, There: d.There, Lodged: m.at}, holder)
		})
	}
	done("done", licence, item.Online)
	done("done-window", "2020-052", item.Entrusted)
	mend := func(name string, wrong ...string) {
		m.add("E-23", name, "apply.tasks.title", func(lang string) templ.Component {
			d := m.draft(lang, licence, nil)
			v := mendView{
				C: casefile.Case{No: casefile.MakeNo("63", workday.DateOf(m.at), 1), Item: licence, Row: 1}, Name: itemName(lang, d.Item, d.V), Fields: d.V.Typed(), Lang: lang,
				Values: maps.Clone(d.Answers), Said: []string{""}, MaxFile: "20", Due: "12-02",
			}
			v.C.Private.Corrections = []casefile.Correction{{Material: "Lease", Problem: "<script>", Fix: "!", Basis: "Rule 18"}}
			for _, id := range wrong {
				v.fail(id, "!")
			}
			return mendPage(v)
		})
	}
	mend("mend")
	mend("mend-wrong", "file.0", "said.0")
}
