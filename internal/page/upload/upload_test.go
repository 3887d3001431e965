package upload

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"

	"tongban/internal/domain/exchange"
	"tongban/internal/kernel/errs"
)

// shelf keeps what arrives whole, as the real store does.
type shelf struct{ kept [][]byte }

func (s *shelf) put(_ context.Context, r io.Reader) (exchange.File, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return exchange.File{}, err
	}
	s.kept = append(s.kept, b)
	return exchange.File{Size: int64(len(b))}, nil
}

func send(t *testing.T, s *shelf, name string, data []byte, most int64) (Form, error) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", `form-data; name="file"; filename="`+strings.NewReplacer("\\", "\\\\", `"`, `\"`).Replace(name)+`"`)
	h.Set("Content-Type", "application/octet-stream")
	part, err := w.CreatePart(h)
	if err == nil {
		_, err = part.Write(data)
	}
	if err == nil {
		err = w.WriteField("row", "7")
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return Receive(r, s.put, most)
}

func pngOf(t *testing.T, side int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a PNG of a few bytes that says it is w × h pixels.
func bomb(t *testing.T, w, h uint32) []byte {
	t.Helper()
	b := pngOf(t, 1)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func TestFilesAreJudgedByTheirContent(t *testing.T) {
	pdf := []byte("%PDF-1.7\n" + strings.Repeat("x", 4000) + "\n%%EOF\n")
	whole := pngOf(t, 20)
	for _, c := range []struct {
		what string
		name string
		data []byte
		most int64
		bad  Problem
		kept string // name as kept
	}{
		{"a PDF", "章程.pdf", pdf, 1 << 20, "", "章程.pdf"},
		{"a PNG that calls itself a program", "a.exe", whole, 1 << 20, "", "a.exe"},
		{"a photograph", "IMG_1.JPG", jpegOf(t), 1 << 20, "", "IMG_1.JPG"},
		{"a photograph with what the camera adds", "IMG_2.JPG", append(jpegOf(t), "video"...), 1 << 20, "", "IMG_2.JPG"},
		{"a page that calls itself a PDF", "a.pdf", []byte("<script>alert(1)</script>"), 1 << 20, Kind, ""},
		{"an archive", "a.zip", []byte("PK\x03\x04" + strings.Repeat("\x00", 100)), 1 << 20, Kind, ""},
		{"a vector image with a script", "a.svg", []byte("<svg onload=alert(1)>"), 1 << 20, Kind, ""},
		{"nothing", "a.pdf", nil, 1 << 20, Empty, ""},
		{"too much", "a.pdf", pdf, 2000, Size, ""},
		{"a PDF that was cut off", "a.pdf", pdf[:3000], 1 << 20, Broken, ""},
		{"a PNG that was cut off", "a.png", whole[:len(whole)-20], 1 << 20, Broken, ""},
		{"a head without an image", "a.png", []byte("\x89PNG\r\n\x1a\nrubbish"), 1 << 20, Broken, ""},
		{"a bomb", "a.png", bomb(t, 60_000, 60_000), 1 << 20, Pixels, ""},
		{"a long bomb", "a.png", bomb(t, 2_000_000_000, 1), 1 << 20, Pixels, ""},
		{"a path", "../../etc/passwd", pdf, 1 << 20, "", "passwd"},
		{"a path of another system", `C:\secret\..\a.pdf`, pdf, 1 << 20, "", "a.pdf"},
		{"a name that turns text round", "a\u202efdp.exe", pdf, 1 << 20, "", "afdp.exe"},
		{"dots", "..", pdf, 1 << 20, "", "pdf"},
		{"a name without end", strings.Repeat("长", 300) + ".pdf", pdf, 1 << 20, "", strings.Repeat("长", 76) + ".pdf"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := &shelf{}
			f, err := send(t, s, c.name, c.data, c.most)
			if err != nil {
				t.Fatal(err)
			}
			if f.Bad["file"] != c.bad || f.Get("row") != "7" {
				t.Fatalf("refused as %q, want %q; the other field is %q", f.Bad["file"], c.bad, f.Get("row"))
			}
			if c.bad != "" {
				if len(f.Files["file"]) != 0 || len(s.kept) != 0 {
					t.Fatal("a refused file was kept")
				}
				return
			}
			if got := f.Files["file"]; len(got) != 1 || got[0].Name != c.kept || !Known(got[0].Type) || !bytes.Equal(s.kept[0], c.data) {
				t.Fatalf("kept %+v", got)
			}
		})
	}
}

func TestAFormThatIsNone(t *testing.T) {
	r := httptest.NewRequest("POST", "/", strings.NewReader("a=b"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, err := Receive(r, (&shelf{}).put, 10); !errs.Is(err, errs.BadRequest) {
		t.Fatal(err)
	}
	s := &shelf{}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.WriteField("a", strings.Repeat("x", maxField+1)); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	r = httptest.NewRequest("POST", "/", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	if _, err := Receive(r, s.put, 10); !errs.Is(err, errs.BodyTooLarge) {
		t.Fatal(err)
	}
}

func TestALineThatBreaks(t *testing.T) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, _ := w.CreateFormFile("file", "a.pdf")
	_, _ = part.Write([]byte("%PDF-1.7 and then nothing"))
	s := &shelf{}
	r := httptest.NewRequest("POST", "/", &body) // without its end
	r.Header.Set("Content-Type", w.FormDataContentType())
	if _, err := Receive(r, s.put, 1<<20); !errs.Is(err, errs.BadRequest) || len(s.kept) != 0 {
		t.Fatalf("%v, kept %d", err, len(s.kept))
	}
}

func TestNamesAreHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"租约.pdf": "租约.pdf", `C:\tmp\a.png`: "a.png", "../../etc/passwd": "passwd", "a\u202egnp.exe": "agnp.exe", "\x00": "pdf", "": "pdf", "..": "pdf",
	} {
		if got := Name(in, "application/pdf"); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
