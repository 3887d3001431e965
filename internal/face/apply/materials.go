package apply

import (
	"context"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
	"tongban/internal/page/upload"
	"tongban/internal/proof"
)

// materials is E-13: each paper with how it comes in; only what is left asks for something.
func (f *Face) materials(w http.ResponseWriter, r *http.Request, d draft) error {
	if err := d.due(string(journey.Materials)); err != nil {
		return err
	}
	return f.showMaterials(w, r, d, nil)
}

func (f *Face) showMaterials(w http.ResponseWriter, r *http.Request, d draft, wrong map[string]string) error {
	code := http.StatusOK
	if len(wrong) > 0 {
		code = http.StatusUnprocessableEntity
	}
	return f.show(w, r, code, page.T(r.Context(), "apply.materials.title"), d.back(string(journey.Materials)), materialsPage(f, d, wrong))
}

// materialsDone keeps the chosen ways; a way that needs a file leads to its upload first.
func (f *Face) materialsDone(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.open(r, v)
	if err != nil {
		return err
	}
	wrong, chosen := map[string]string{}, map[string]string{}
	for _, p := range journey.Papers(d.Draft, d.V) {
		way := r.PostForm.Get("way." + p.Material.Key)
		switch {
		case len(p.Ways) == 0:
		case slices.Contains(p.Ways, way), way == "skip" && !p.Material.Required:
			chosen[p.Material.Key] = way
		case p.Material.Required:
			wrong[p.Material.Key] = page.T(r.Context(), "apply.materials.choose", pick(v.lang, p.Material.Name, p.Material.NameEn))
		}
	}
	if len(wrong) > 0 {
		return f.showMaterials(w, r, d, wrong)
	}
	saved, err := f.cfg.Desk.Change(r.Context(), v.Person, d.ID, func(d *journey.Draft, _ item.Version) error {
		maps.Copy(d.Supplies, chosen)
		d.Seen[string(journey.Materials)] = true
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range journey.Papers(saved, d.V) {
		if saved.Supplies[p.Material.Key] == "upload" && len(p.Ways) > 0 && !p.Done {
			return page.SeeOther(w, r, d.path("upload/"+url.PathEscape(p.Material.Key)))
		}
	}
	to, err := f.after(saved, v, journey.Step{Kind: journey.Materials})
	if err != nil {
		return err
	}
	return page.SeeOther(w, r, to)
}

// paperOf is the material of the address, if it may be uploaded.
func paperOf(d draft, key string) (journey.Paper, error) {
	list := journey.Papers(d.Draft, d.V)
	i := slices.IndexFunc(list, func(p journey.Paper) bool { return p.Material.Key == key && slices.Contains(p.Ways, "upload") })
	if i < 0 {
		return journey.Paper{}, errs.New(errs.StepNotDue, "material %q is not uploaded", key)
	}
	return list[i], nil
}

// upload is E-14: one material, its files with a look at each, and a field for one more.
func (f *Face) upload(w http.ResponseWriter, r *http.Request, d draft) error {
	p, err := paperOf(d, r.PathValue("material"))
	if err != nil {
		return err
	}
	return f.showUpload(w, r, d, p, "")
}

func (f *Face) showUpload(w http.ResponseWriter, r *http.Request, d draft, p journey.Paper, problem string) error {
	code := http.StatusOK
	if problem != "" {
		code = http.StatusUnprocessableEntity
	}
	name := pick(d.lang, p.Material.Name, p.Material.NameEn)
	return f.show(w, r, code, page.T(r.Context(), "apply.upload.title", name), d.path(string(journey.Materials)), uploadPage(f, d, p, problem))
}

// uploaded stores what came and adds it to the draft. Files that cannot be added are removed again, so that nothing is left
// that nobody refers to.
func (f *Face) uploaded(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := f.open(r, v)
	if err != nil {
		return err
	}
	p, err := paperOf(d, r.PathValue("material"))
	if err != nil {
		return err
	}
	form, err := upload.Receive(r, f.cfg.Files.Put, f.cfg.MaxFile)
	files := slices.Concat(form.Files["file"], form.Files["photo"])
	if err != nil {
		return f.unkept(files, err)
	}
	if len(files) == 0 {
		return f.refused(w, r, d, p, form)
	}
	for i := range files {
		files[i].Material = p.Material.Key
	}
	if _, err := f.cfg.Desk.Attach(r.Context(), v.Person, d.ID, p.Material.Key, files, doubtsOf(form.Doubts)); err != nil {
		return f.unkept(files, err)
	}
	if len(form.Bad) > 0 {
		if d, err = f.open(r, v); err != nil {
			return err
		}
		return f.refused(w, r, d, p, form)
	}
	return page.SeeOther(w, r, d.path("upload/"+url.PathEscape(p.Material.Key)))
}

// doubtsOf are what the draft keeps of doubtful files.
func doubtsOf(list map[proof.Hash]upload.Problem) map[string]string {
	out := map[string]string{}
	for address, why := range list {
		out[address.String()] = string(why)
	}
	return out
}

// refused says why nothing, or not everything, was taken.
func (f *Face) refused(w http.ResponseWriter, r *http.Request, d draft, p journey.Paper, form upload.Form) error {
	problem := "none"
	for _, name := range []string{"file", "photo"} {
		if why := form.Bad[name]; why != "" {
			problem = string(why)
		}
	}
	return f.showUpload(w, r, d, p, page.T(r.Context(), "apply.problem."+problem, int(f.cfg.MaxFile>>20)))
}

func (f *Face) unkept(files []exchange.File, err error) error {
	for _, file := range files {
		_ = f.cfg.Files.Remove(file) // err is what is told; a file that stays cannot be opened by anybody
	}
	return err
}

// fileOf is the n-th file of a draft.
func (f *Face) fileOf(r *http.Request, v visit) (draft, exchange.File, error) {
	d, err := f.open(r, v)
	if err != nil {
		return d, exchange.File{}, err
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(d.Files) {
		return d, exchange.File{}, errs.New(errs.NoSuchPage, "no such file")
	}
	return d, d.Files[n], nil
}

// filePolicy keeps what a file holds from running: no script, no form, no other address, an origin of its own.
const filePolicy = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"

// file shows one file to who uploaded it.
func (f *Face) file(w http.ResponseWriter, r *http.Request, v visit) error {
	_, file, err := f.fileOf(r, v)
	if err != nil {
		return err
	}
	return serveFile(r.Context(), w, f.cfg.Files, file)
}

func serveFile(ctx context.Context, w http.ResponseWriter, files Files, file exchange.File) error {
	kind, way := "application/octet-stream", "attachment"
	if upload.Known(file.Type) {
		kind, way = file.Type, "inline"
	}
	out := &late{w: w, begin: func(h http.Header) {
		h.Set("Content-Security-Policy", filePolicy)
		h.Set("Content-Disposition", mime.FormatMediaType(way, map[string]string{"filename": upload.Name(file.Name, kind)}))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Type", kind)
		h.Set("Content-Length", strconv.FormatInt(file.Size, 10))
	}}
	return files.Read(ctx, file, out)
}

// late sets the headers with the first byte, so that an error before it can still be a page.
type late struct {
	w     http.ResponseWriter
	begin func(http.Header)
	begun bool
}

func (l *late) Write(p []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.begin(l.w.Header())
	}
	return l.w.Write(p)
}

// unfile takes a file out of the draft again.
func (f *Face) unfile(w http.ResponseWriter, r *http.Request, v visit) error {
	d, file, err := f.fileOf(r, v)
	if err != nil {
		return err
	}
	if _, err := f.cfg.Desk.Detach(r.Context(), v.Person, d.ID, file); err != nil {
		return err
	}
	if err := f.cfg.Files.Remove(file); err != nil {
		return err
	}
	return page.SeeOther(w, r, d.path("upload/"+url.PathEscape(file.Material)))
}

// fileView is one file of a material as the pages list it.
type fileView struct {
	N     int
	Name  string
	Size  string
	Image bool
	Doubt string
}

func filesOf(ctx context.Context, d draft, material string) []fileView {
	var out []fileView
	for i, file := range d.Files {
		if file.Material == material {
			kb := strconv.FormatInt((file.Size+1023)/1024, 10)
			doubt := ""
			if why := d.Doubts[file.Address.String()]; why != "" {
				doubt = page.T(ctx, "apply.doubt."+why)
			}
			out = append(out, fileView{i, file.Name, page.T(ctx, "apply.upload.kb", kb), file.Type != "application/pdf", doubt})
		}
	}
	return out
}

// paperStatus says in words how a material comes in.
func paperStatus(ctx context.Context, d draft, p journey.Paper) string {
	source := pick(d.lang, p.From.Name, p.From.NameEn)
	switch p.Source {
	case "elicence", "shared":
		return page.T(ctx, "apply.paper.found", source, moment(ctx, p.From.At))
	case "generated":
		return page.T(ctx, "apply.paper.generated")
	case "promise":
		return page.T(ctx, "apply.paper.promise")
	case "upload":
		return page.T(ctx, "apply.paper.upload", len(d.FilesOf(p.Material.Key)))
	}
	if p.Material.Required {
		return page.T(ctx, "apply.paper.open")
	}
	return page.T(ctx, "apply.paper.skipped")
}

// paperWhy says why something is still asked for, where a source should have had it.
func paperWhy(ctx context.Context, d draft, p journey.Paper) string {
	if p.From.Name == "" {
		return ""
	}
	return page.T(ctx, "apply.gap.paper."+string(gapOf(p.From)), pick(d.lang, p.From.Name, p.From.NameEn))
}

func wayChoices(ctx context.Context, p journey.Paper) []page.Choice {
	var out []page.Choice
	for _, way := range p.Ways {
		out = append(out, page.Choice{Value: way, Text: page.T(ctx, "apply.way."+way), Hint: page.T(ctx, "apply.way_hint."+way)})
	}
	if !p.Material.Required {
		out = append(out, page.Choice{Value: "skip", Text: page.T(ctx, "apply.way.skip")})
	}
	return out
}

// chosenWay is what was chosen, or the only or the easiest way: what is not required is passed over.
func chosenWay(d draft, p journey.Paper) string {
	if way := d.Supplies[p.Material.Key]; way != "" {
		return way
	}
	switch {
	case !p.Material.Required:
		return "skip"
	case len(p.Ways) == 1:
		return p.Ways[0]
	}
	return ""
}
