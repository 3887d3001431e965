package upload

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"image"
	"image/color"
	"io"
	"regexp"
	"strconv"
)

// What people could read of a file is judged while it passes, by a reader beside the store: nothing is held whole but one
// decoded picture of bounded size, and few at a time.
const (
	minSide    = 200      // pixels of the longer side below which no page is legible
	maxDecoded = 96 << 20 // bytes that a picture may take while it is looked at; a larger one is taken unlooked
	looking    = 2        // pictures that are looked at at once; while more come they are taken unlooked
	maxPages   = 200      // of one PDF
	maxObject  = 64 << 10 // bytes of one PDF object outside streams that are read
	maxInflate = 16 << 20 // bytes that the object streams of one PDF may unpack to
	// blank is how little brightness may differ (of 255) on a picture that shows nothing: a lens cap, a white page.
	blank = 10
	// Sharp is the variance of the Laplacian, over a picture brought to about 800 pixels of brightness 0–255, below which it counts
	// as blurred. It warns only: a page with few large letters is below it too.
	Sharp = 100.0
	scale = 800 // pixels of the longer side at which sharpness is measured
)

// slots are free places for decoding.
var slots = make(chan struct{}, looking)

// verdict is what was seen.
type verdict struct {
	problem Problem
	doubt   Problem
}

// look reads along while a file is stored.
type look struct {
	pipe *io.PipeWriter
	done chan verdict
}

func newLook(kind string) *look {
	r, w := io.Pipe()
	l := &look{pipe: w, done: make(chan verdict, 1)}
	go func() {
		v := seen(kind, bufio.NewReaderSize(r, 64<<10))
		_, _ = io.Copy(io.Discard, r) // so that the writer never waits; a pipe gives no other error than its writer's
		l.done <- v
	}()
	return l
}

// write passes on what was read; end gives the verdict, once.
func (l *look) write(p []byte) { _, _ = l.pipe.Write(p) } // the reader drains to the end

func (l *look) end() verdict {
	_ = l.pipe.Close() // never fails
	return <-l.done
}

// errGone ends a look whose file ended early.
var errGone = errors.New("the file is not stored")

func (l *look) stop() { _ = l.pipe.CloseWithError(errGone) } // never fails

func seen(kind string, r *bufio.Reader) verdict {
	if kind == "application/pdf" {
		return seenPDF(r)
	}
	return seenPicture(r)
}

func seenPicture(r *bufio.Reader) verdict {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	default:
		return verdict{}
	}
	img, _, err := image.Decode(r)
	switch {
	case err != nil:
		return verdict{problem: Broken}
	case empty(img):
		return verdict{problem: Blank}
	case sharpness(img) < Sharp:
		return verdict{doubt: Blurred}
	}
	return verdict{}
}

// decoded estimates the bytes that a picture takes while it is decoded: a progressive JPEG holds its coefficients beside its
// planes.
func decoded(c image.Config, format string) int64 {
	per := int64(15) // half bytes: 4:2:0 planes and coefficients
	if format == "png" {
		per = 8
		switch c.ColorModel {
		case color.RGBA64Model, color.NRGBA64Model:
			per = 16
		case color.GrayModel:
			per = 2
		}
	}
	return int64(c.Width) * int64(c.Height) * per / 2
}

func luminance(img image.Image, x, y int) int {
	g, _ := color.GrayModel.Convert(img.At(x, y)).(color.Gray)
	return int(g.Y)
}

// empty reports whether a picture is all one brightness, by a grid of points.
func empty(img image.Image) bool {
	const grid = 128
	b := img.Bounds()
	low, high := 255, 0
	for i := range grid {
		for j := range grid {
			y := luminance(img, b.Min.X+i*b.Dx()/grid, b.Min.Y+j*b.Dy()/grid)
			low, high = min(low, y), max(high, y)
		}
	}
	return high-low < blank
}

// sharpness is the variance of the Laplacian: high where there are edges, low where all is smooth.
func sharpness(img image.Image) float64 {
	b := img.Bounds()
	step := max(1, max(b.Dx(), b.Dy())/scale)
	w, h := b.Dx()/step, b.Dy()/step
	if w < 3 || h < 3 {
		return 0
	}
	row := func(y int) []int {
		out := make([]int, w)
		for x := range w {
			out[x] = luminance(img, b.Min.X+x*step, b.Min.Y+y*step)
		}
		return out
	}
	above, here := row(0), row(1)
	var sum, squares, n float64
	for y := 2; y < h; y++ {
		below := row(y)
		for x := 1; x < w-1; x++ {
			l := float64(above[x] + below[x] + here[x-1] + here[x+1] - 4*here[x])
			sum, squares, n = sum+l, squares+l*l, n+1
		}
		above, here = here, below
	}
	mean := sum / n
	return squares/n - mean*mean
}

var (
	isPage   = regexp.MustCompile(`/Type\s*/Page[^s\w]`)
	isPages  = regexp.MustCompile(`/Type\s*/Pages\b`)
	count    = regexp.MustCompile(`/Count\s+(\d{1,9})`)
	locked   = regexp.MustCompile(`/Encrypt\s`)
	packed   = regexp.MustCompile(`/Type\s*/ObjStm\b`)
	deflated = regexp.MustCompile(`/FlateDecode\b`)
)

// document is what was seen of a PDF (ISO 32000-1): enough to say whether it opens, is locked, and how many pages it has.
type document struct {
	pages, counted int
	locked, unread bool
	left           int64 // bytes that may still be unpacked
}

// seenPDF reads the objects of a PDF one by one, those in object streams too. It decodes no page.
func seenPDF(r *bufio.Reader) verdict {
	d := document{left: maxInflate}
	var object []byte
	for {
		c, err := r.ReadByte()
		if err != nil {
			break
		}
		if object = append(object, c); len(object) > maxObject {
			d.examine(object)
			object = object[:0]
		}
		switch {
		case c == 'm' && bytes.HasSuffix(object, []byte("stream")):
			d.examine(object)
			d.stream(r, object)
			object = object[:0]
		case c == 'j' && bytes.HasSuffix(object, []byte("endobj")):
			d.examine(object)
			object = object[:0]
		}
	}
	d.examine(object)
	pages := d.counted
	if pages == 0 {
		pages = d.pages
	}
	switch {
	case d.locked:
		return verdict{problem: Locked}
	case pages == 0 && !d.unread:
		return verdict{problem: Broken}
	case pages > maxPages:
		return verdict{problem: Many}
	}
	return verdict{}
}

// examine reads the text of objects. Only a trailer locks a document.
func (d *document) examine(text []byte) {
	d.pages += len(isPage.FindAll(text, -1))
	if isPages.Match(text) {
		for _, m := range count.FindAllSubmatch(text, -1) {
			n, _ := strconv.Atoi(string(m[1])) // nine digits at most
			d.counted = max(d.counted, n)
		}
	}
	if locked.Match(text) && (bytes.Contains(text, []byte("trailer")) || bytes.Contains(text, []byte("/XRef"))) {
		d.locked = true
	}
}

// stream passes a stream's data over; of an object stream it reads the objects, as far as the bound allows.
func (d *document) stream(r *bufio.Reader, dict []byte) {
	if packed.Match(dict) {
		d.unpack(r, deflated.Match(dict))
	}
	var tail []byte
	for {
		part, err := r.ReadSlice('\n')
		if bytes.Contains(append(tail, part...), []byte("endstream")) || err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
		tail = bytes.Clone(part[max(0, len(part)-len("endstream")):])
	}
}

func (d *document) unpack(r *bufio.Reader, flate bool) {
	for { // the line's end after the keyword
		c, err := r.ReadByte()
		if err != nil {
			return
		}
		if c != '\r' && c != '\n' && c != ' ' {
			_ = r.UnreadByte() // one byte was just read
			break
		}
	}
	z, err := zlib.NewReader(r) // a bufio.Reader is read byte by byte: nothing beyond the data is taken
	if !flate || err != nil {
		d.unread = true
		return
	}
	text, err := io.ReadAll(io.LimitReader(z, min(d.left, 4<<20)))
	d.left -= int64(len(text))
	if err != nil || d.left <= 0 || len(text) == 4<<20 {
		d.unread = true
	}
	d.examine(text)
}
