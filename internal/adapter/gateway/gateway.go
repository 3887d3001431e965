// Package gateway gives notices to those who send them: a gateway for short messages, calls and letters that is reached over
// HTTP, or a folder from which another system takes them. docs/OPERATING.md describes both. What a person is told and where
// goes to the gateway and nowhere else: no error and no log line holds it.
package gateway

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"tongban/internal/handling/notify"
	"tongban/internal/kernel/errs"
)

// The headers that both directions bear: seconds since 1970, and the HMAC-SHA256 (RFC 2104, FIPS 198-1) of time, ".", body.
const (
	TimeHeader      = "Tongban-Time"
	SignatureHeader = "Tongban-Signature"
)

// skew is how far the clocks of the two may be apart; an older signature is worth nothing.
const skew = 5 * time.Minute

// HTTP is a gateway at an address.
type HTTP struct {
	URL    string
	Key    []byte // shared with the gateway, 32 bytes or more
	Client *http.Client
	Now    func() time.Time // security time
}

var (
	_ notify.Gateway = (*HTTP)(nil)
	_ notify.Gateway = Folder("")
)

// Send posts the message as JSON. 2xx means that the gateway answers for it, 400, 404, 410 and 422 that it never will; all else,
// also no answer, is tried again, and the gateway knows a repeated message by its id.
func (g *HTTP) Send(ctx context.Context, m notify.Message) (bool, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return false, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL, bytes.NewReader(body))
	if err != nil {
		return false, errs.New(errs.NoticeGateway, "address")
	}
	at := strconv.FormatInt(g.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(TimeHeader, at)
	r.Header.Set(SignatureHeader, Sign(g.Key, at, body))
	resp, err := g.Client.Do(r)
	if err != nil {
		return false, errs.New(errs.NoticeGateway, "no answer") // its text may quote what was sent
	}
	defer resp.Body.Close() //nolint:errcheck // nothing of it is used
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	switch {
	case resp.StatusCode/100 == 2:
		return false, nil
	case resp.StatusCode == http.StatusBadRequest, resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusGone,
		resp.StatusCode == http.StatusUnprocessableEntity:
		return false, errs.New(errs.NoticeRefused, "answer %d", resp.StatusCode)
	}
	return false, errs.New(errs.NoticeGateway, "answer %d", resp.StatusCode)
}

// Sign is the signature of a body at a time.
func Sign(key []byte, at string, body []byte) string {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(at + ".")) // never fails
	_, _ = h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// Folder is a gateway that another system empties: one file a message, named by its id, whole or not there.
type Folder string

// fileName is what a message's id looks like: nothing that leads out of the folder.
var fileName = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Send writes the message. A message that was written before, or that was taken away since, is not written twice if it still
// stands there; the reader knows a repeated one by its id.
func (f Folder) Send(_ context.Context, m notify.Message) (bool, error) {
	if !fileName.MatchString(m.ID) {
		return false, errs.New(errs.NoticeRefused, "id")
	}
	body, err := json.Marshal(m)
	if err != nil {
		return false, err
	}
	t, err := os.CreateTemp(string(f), ".new-*") // mode 0600
	if err != nil {
		return false, errs.New(errs.NoticeGateway, "folder")
	}
	_, err = t.Write(body)
	if err = errors.Join(err, t.Sync(), t.Close()); err == nil {
		err = os.Rename(t.Name(), filepath.Join(string(f), m.ID+".json"))
	}
	if err != nil {
		_ = os.Remove(t.Name()) // the next try writes another
		return false, errs.New(errs.NoticeGateway, "folder")
	}
	return false, nil
}

// report is a gateway's word on a message.
type report struct {
	ID      string `json:"id"`
	Arrived bool   `json:"arrived"`
}

// Reports takes delivery reports: {"id", "arrived"}, signed as requests to the gateway are, under any of the keys. 204: noted;
// 401 without a good signature; 404 for a message that is not ours; 503: repeat it later.
func Reports(keys [][]byte, now func() time.Time, take func(ctx context.Context, id string, arrived bool) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<10))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		var said report
		switch {
		case !signed(keys, now(), r.Header, body):
			w.WriteHeader(http.StatusUnauthorized)
			return
		case json.Unmarshal(body, &said) != nil || !fileName.MatchString(said.ID):
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		switch err := take(r.Context(), said.ID, said.Arrived); {
		case err == nil:
			w.WriteHeader(http.StatusNoContent)
		case errs.KindOf(err) == errs.NotFound:
			w.WriteHeader(http.StatusNotFound)
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}

func signed(keys [][]byte, now time.Time, h http.Header, body []byte) bool {
	at := h.Get(TimeHeader)
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Sub(time.Unix(n, 0)).Abs() > skew {
		return false
	}
	ok := false
	for _, key := range keys {
		ok = hmac.Equal([]byte(Sign(key, at, body)), []byte(h.Get(SignatureHeader))) || ok
	}
	return ok
}
