package apply

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/journey"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
	"tongban/internal/page/upload"
)

// A script sends a file in pieces, so that a broken line costs one of them. The node says how much is here; the pieces are stored
// encrypted as they come and wait with the draft, over a reload or another day. Without script the form sends the file whole.

// pieceAnswer is what the script is told.
type pieceAnswer struct {
	Have    int64  `json:"have"`
	Done    bool   `json:"done,omitempty"`
	Problem string `json:"problem,omitempty"` // in words; the file is refused
}

func answer(w http.ResponseWriter, status int, a pieceAnswer) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(a)
}

// maxMark bounds the sender's own mark of a file.
const maxMark = 64

// coming is the file that an address tells of, for a material that is uploaded.
func (f *Face) coming(r *http.Request, v visit) (draft, journey.Coming, error) {
	d, err := f.open(r, v)
	if err != nil {
		return d, journey.Coming{}, err
	}
	p, err := paperOf(d, r.PathValue("material"))
	if err != nil {
		return d, journey.Coming{}, err
	}
	q := r.URL.Query()
	size, err := strconv.ParseInt(q.Get("size"), 10, 64)
	key := q.Get("key")
	if err != nil || size <= 0 || key == "" || len(key) > maxMark {
		return d, journey.Coming{}, errs.New(errs.BadRequest, "file without mark or size")
	}
	return d, journey.Coming{Key: key, Material: p.Material.Key, Name: upload.Name(q.Get("name"), "file"), Size: size}, nil
}

// have tells how much of a file is here.
func (f *Face) have(w http.ResponseWriter, r *http.Request, v visit) error {
	d, c, err := f.coming(r, v)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(d.Coming, c.Same); i >= 0 {
		c.Have = d.Coming[i].Have
	}
	return answer(w, http.StatusOK, pieceAnswer{Have: c.Have})
}

// piece takes the next one; the last makes the file, which is then judged as one that came whole.
func (f *Face) piece(w http.ResponseWriter, r *http.Request, v visit) error {
	d, c, err := f.coming(r, v)
	if err != nil {
		return err
	}
	at, err := strconv.ParseInt(r.URL.Query().Get("at"), 10, 64)
	if err != nil || at < 0 {
		return errs.New(errs.BadRequest, "piece without its place")
	}
	if c.Size > f.cfg.MaxFile {
		return f.noPiece(w, r, upload.Size)
	}
	if i := slices.IndexFunc(d.Coming, c.Same); i >= 0 && d.Coming[i].Have == c.Size { // it was all here when something broke
		return f.whole(w, r, v, d.Coming[i])
	}
	body := bufio.NewReader(r.Body)
	if head, _ := body.Peek(16); at == 0 && upload.Sniff(head) == "" { // told at the first piece, not after the last
		return f.noPiece(w, r, upload.Kind)
	}
	stored, err := f.cfg.Files.Put(r.Context(), body)
	if err != nil {
		return err
	}
	got, over, err := f.cfg.Desk.Come(r.Context(), v.Person, d.ID, c, at, stored)
	if errs.Is(err, errs.PieceElsewhere) {
		_ = f.unkept([]exchange.File{stored}, nil)
		return answer(w, http.StatusConflict, pieceAnswer{Have: got.Have})
	}
	if err != nil {
		return f.unkept([]exchange.File{stored}, err)
	}
	_ = f.unkept(over, nil)
	if got.Have < got.Size {
		return answer(w, http.StatusOK, pieceAnswer{Have: got.Have})
	}
	return f.whole(w, r, v, got)
}

// whole puts the pieces together and judges the file. One piece after the other passes through: the file is never in memory.
func (f *Face) whole(w http.ResponseWriter, r *http.Request, v visit, c journey.Coming) error {
	ctx, id := r.Context(), r.PathValue("id")
	in, out := io.Pipe()
	defer in.Close() //nolint:errcheck // never fails
	go func() {
		for _, p := range c.Pieces {
			if err := f.cfg.Files.Read(ctx, p, out); err != nil {
				_ = out.CloseWithError(err) // never fails
				return
			}
		}
		_ = out.Close() // never fails
	}()
	file, refused, doubt, err := upload.Take(ctx, in, c.Name, f.cfg.Files.Put, f.cfg.MaxFile)
	if err != nil {
		return err
	}
	if refused != "" {
		if _, err := f.cfg.Desk.Came(ctx, v.Person, id, c, nil, nil); err != nil {
			return err
		}
		_ = f.unkept(c.Pieces, nil)
		return f.noPiece(w, r, refused)
	}
	file.Material = c.Material
	doubts := map[string]string{}
	if doubt != "" {
		doubts[file.Address.String()] = string(doubt)
	}
	if _, err := f.cfg.Desk.Came(ctx, v.Person, id, c, &file, doubts); err != nil {
		return f.unkept([]exchange.File{file}, err)
	}
	_ = f.unkept(c.Pieces, nil)
	return answer(w, http.StatusOK, pieceAnswer{Have: c.Size, Done: true})
}

func (f *Face) noPiece(w http.ResponseWriter, r *http.Request, why upload.Problem) error {
	return answer(w, http.StatusUnprocessableEntity, pieceAnswer{Problem: page.T(r.Context(), "apply.problem."+string(why), int(f.cfg.MaxFile>>20))})
}

// comingTo are the files of a material that are not all here, with how much is, in percent.
func comingTo(d draft, material string) []journey.Coming {
	return slices.DeleteFunc(slices.Clone(d.Coming), func(c journey.Coming) bool { return c.Material != material })
}
