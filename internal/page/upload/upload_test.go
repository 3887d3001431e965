package upload

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"net/textproto"
	"strconv"
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

// page is a picture of dark lines on white, as a scanner gives it.
func page(side int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = 255
		if (i/side)%12 < 3 && (i%side)%5 < 3 {
			img.Pix[i] = 20
		}
	}
	return img
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pdfOf is a whole PDF with pages; trailer is added to its trailer.
func pdfOf(pages int, trailer string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Count %d/Kids[]>>\nendobj\n", pages)
	for i := range pages {
		fmt.Fprintf(&b, "%d 0 obj\n<</Type/Page/Parent 2 0 R/Contents %d 0 R>>\nendobj\n", 2*i+3, 2*i+4)
		fmt.Fprintf(&b, "%d 0 obj\n<</Length 40>>\nstream\n/Encrypt 1 0 R trailer /Type/Page \nendstream\nendobj\n", 2*i+4)
	}
	fmt.Fprintf(&b, "trailer\n<</Root 1 0 R%s>>\nstartxref\n0\n%%%%EOF\n", trailer)
	return []byte(b.String())
}

// packedPDF keeps its pages in an object stream, as most programs of today do.
func packedPDF(t *testing.T, objects string) []byte {
	t.Helper()
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, err := w.Write([]byte(objects))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	head := "%PDF-1.7\n1 0 obj\n<</Type/ObjStm/N 2/First 10/Filter/FlateDecode/Length " + strconv.Itoa(z.Len()) + ">>\nstream\r\n"
	return []byte(head + z.String() + "\nendstream\nendobj\n9 0 obj\n<</Type/XRef/Root 1 0 R>>\nstream\nxx\nendstream\nendobj\nstartxref\n0\n%%EOF\n")
}

// bomb is a PNG of a few bytes that says it is w × h pixels.
func bomb(t *testing.T, w, h uint32) []byte {
	t.Helper()
	b := pngOf(t, page(1))
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func TestFilesAreJudgedByTheirContent(t *testing.T) {
	pdf := pdfOf(30, "")
	whole := pngOf(t, page(300))
	half := image.NewGray(image.Rect(0, 0, 400, 300))
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
		{"a photograph", "IMG_1.JPG", jpegOf(t, page(240)), 1 << 20, "", "IMG_1.JPG"},
		{"a photograph with what the camera adds", "IMG_2.JPG", append(jpegOf(t, page(240)), "video"...), 1 << 20, "", "IMG_2.JPG"},
		{"a page that calls itself a PDF", "a.pdf", []byte("<script>alert(1)</script>"), 1 << 20, Kind, ""},
		{"an archive", "a.zip", []byte("PK\x03\x04" + strings.Repeat("\x00", 100)), 1 << 20, Kind, ""},
		{"a vector image with a script", "a.svg", []byte("<svg onload=alert(1)>"), 1 << 20, Kind, ""},
		{"nothing", "a.pdf", nil, 1 << 20, Empty, ""},
		{"too much", "a.pdf", pdf, 2000, Size, ""},
		{"a PDF that was cut off", "a.pdf", pdf[:2500], 1 << 20, Broken, ""},
		{"a PNG that was cut off", "a.png", whole[:len(whole)-20], 1 << 20, Broken, ""},
		{"a head without an image", "a.png", []byte("\x89PNG\r\n\x1a\nrubbish"), 1 << 20, Broken, ""},
		{"a bomb", "a.png", bomb(t, 60_000, 60_000), 1 << 20, Pixels, ""},
		{"a long bomb", "a.png", bomb(t, 2_000_000_000, 1), 1 << 20, Pixels, ""},
		{"a PDF with a password", "a.pdf", pdfOf(1, "/Encrypt 9 0 R"), 1 << 20, Locked, ""},
		{"a PDF without a page", "a.pdf", []byte("%PDF-1.7\nnothing\n%%EOF\n"), 1 << 20, Broken, ""},
		{"a PDF with too many pages", "a.pdf", pdfOf(maxPages+1, ""), 1 << 20, Many, ""},
		{"a PDF with packed pages", "a.pdf", packedPDF(t, "<</Type/Pages/Count 3/Kids[]>>"), 1 << 20, "", "a.pdf"},
		{"packed pages, too many", "a.pdf", packedPDF(t, "<</Type /Pages /Count 999999999>>"), 1 << 20, Many, ""},
		{"packed, and no page", "a.pdf", packedPDF(t, "<</Type/Font>>"), 1 << 20, Broken, ""},
		{"a PDF that unpacks without end", "a.pdf", packedPDF(t, strings.Repeat(" ", 40<<20)), 1 << 20, "", "a.pdf"},
		{"a picture of nothing", "a.png", pngOf(t, half), 1 << 20, Blank, ""},
		{"a photograph of nothing", "a.jpg", jpegOf(t, half), 1 << 20, Blank, ""},
		{"a stamp", "a.png", pngOf(t, page(minSide-1)), 1 << 20, Small, ""},
		{"a photograph that was cut off", "a.jpg", jpegOf(t, page(240))[:2000], 1 << 20, Broken, ""},
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

// TestBlurIsADoubt: the same page sharp and smeared. A blurred one is taken, and said to be so.
func TestBlurIsADoubt(t *testing.T) {
	smear := page(400)
	for range 12 {
		for y := 1; y < 399; y++ {
			for x := 1; x < 399; x++ {
				sum := 0
				for _, d := range []int{-400, -1, 0, 1, 400} {
					sum += int(smear.Pix[y*400+x+d])
				}
				smear.Pix[y*400+x] = uint8(sum / 5)
			}
		}
	}
	for _, c := range []struct {
		name string
		img  image.Image
		want Problem
	}{{"sharp", page(400), ""}, {"blurred", smear, Blurred}} {
		f, err := send(t, &shelf{}, c.name+".png", pngOf(t, c.img), 1<<20)
		if err != nil || len(f.Bad) > 0 || f.Doubts[f.Files["file"][0].Address] != c.want {
			t.Errorf("%s: %v, refused %v, doubts %v (sharpness %.0f)", c.name, err, f.Bad, f.Doubts, sharpness(c.img))
		}
	}
}

// FuzzSeen: whatever is sent is judged without a panic and within bounds.
func FuzzSeen(f *testing.F) {
	f.Add("application/pdf", pdfOf(2, ""))
	f.Add("image/png", bomb(&testing.T{}, 10, 10))
	f.Fuzz(func(_ *testing.T, kind string, data []byte) {
		if kind != "application/pdf" {
			if c, format, err := image.DecodeConfig(bytes.NewReader(data)); err != nil || decoded(c, format) > 1<<20 {
				return
			}
		}
		seen(kind, bufio.NewReader(bytes.NewReader(data)))
	})
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
