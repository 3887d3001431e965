package wallet

import (
	"net/http"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/sharing"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

// recognitionView is the public list of whose licences stand for paper where, as provinces signed it.
type recognitionView struct {
	Rows [][]page.Cell
}

// recognition is /recognition, without sign-in: what is in force today or begins later, province by province.
func (f *Face) recognition(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	lang := page.PrefsOf(ctx).Lang
	kit := f.cfg.Wallet.Issuer.Kit
	today := workday.DateOf(kit.Now())
	var list []sharing.Recognised
	f.cfg.Book(func(b *sharing.Book) {
		for _, n := range kit.Trust().Nodes {
			for _, x := range b.Recognitions(n.ID) {
				if x.Binds() && (x.Takes(today) || x.From.After(today)) {
					list = append(list, x)
				}
			}
		}
	})
	var v recognitionView
	for _, x := range list {
		of, matter, until := page.T(ctx, "wallet.recognition.all_places"), page.T(ctx, "wallet.recognition.all_items"), page.T(ctx, "wallet.recognition.no_end")
		if x.Of != "" {
			of = f.cfg.Name(lang, x.Of)
		}
		if it, ok := kit.Catalogue.Item(x.Item); ok {
			matter = pick(lang, it.Name, it.NameEn)
		}
		if !x.Until.IsZero() {
			until = x.Until.String()
		}
		kind := x.Type
		if t, err := licence.TypeOf(f.cfg.Wallet.Issuer.Types, x.Type); err == nil {
			kind = pick(lang, t.Name, t.NameEn)
		}
		basis := x.Basis
		if x.Demo {
			basis += page.T(ctx, "wallet.recognition.demo")
		}
		v.Rows = append(v.Rows, []page.Cell{
			page.Text(f.cfg.Name(lang, x.By)), page.Text(kind), page.Text(of), page.Text(matter), page.Text(x.From.String()), page.Text(until), page.Text(basis),
		})
	}
	return f.page(w, r, page.T(ctx, "wallet.recognition.title"), "/", recognitionPage(v))
}

func pick(lang, zh, en string) string {
	if lang == "en" && en != "" {
		return en
	}
	return zh
}
