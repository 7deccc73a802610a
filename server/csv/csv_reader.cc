#include "server/csv/csv_reader.h"

#include <csv.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace nbo {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;
constexpr size_t kMaxRowBytes = 1024 * 1024;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

char DelimiterOf(absl::string_view text) {
  int commas = 0, semicolons = 0, tabs = 0;
  bool quoted = false;
  for (char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') break;
    commas += c == ',';
    semicolons += c == ';';
    tabs += c == '\t';
  }
  if (semicolons > commas && semicolons >= tabs) return ';';
  return tabs > commas ? '\t' : ',';
}

// Feeds libcsv one line of the file at a time: libcsv knows no line numbers.
class LibcsvReader : public CsvReader {
 public:
  LibcsvReader(std::string path, std::FILE* file, CsvDelimiter delimiter)
      : path_(std::move(path)), delimiter_(delimiter), file_(file), buffer_(kBufferBytes) {
    csv_init(&parser_, 0);
    struct stat info {};
    if (fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode)) bytes_total_ = info.st_size;
  }
  ~LibcsvReader() override { csv_free(&parser_); }
  LibcsvReader(const LibcsvReader&) = delete;
  LibcsvReader& operator=(const LibcsvReader&) = delete;

  absl::Status ReadHeader() {
    CsvRow row;
    absl::StatusOr<bool> got = Next(&row);
    if (!got.ok()) return got.status();
    if (!*got) return absl::InvalidArgumentError(absl::StrCat(path_, " is empty; a header row was expected"));
    header_ = std::move(row.fields);
    return absl::OkStatus();
  }

  const std::string& path() const override { return path_; }
  const std::vector<std::string>& header() const override { return header_; }
  int64_t bytes_read() const override { return bytes_read_; }
  int64_t bytes_total() const override { return bytes_total_; }

  absl::StatusOr<bool> Next(CsvRow* row) override {
    while (rows_.empty()) {
      if (finished_) return false;
      if (absl::Status status = FeedLine(); !status.ok()) return status;
    }
    *row = std::move(rows_.front());
    rows_.pop_front();
    return true;
  }

 private:
  static void OnField(void* text, size_t size, void* self) {
    static_cast<LibcsvReader*>(self)->fields_.emplace_back(static_cast<const char*>(text), size);
  }
  static void OnRow(int /*terminator*/, void* self) { static_cast<LibcsvReader*>(self)->EndRow(false); }

  void EndRow(bool unterminated) {
    rows_.push_back(CsvRow{row_line_, std::move(fields_), unterminated});
    fields_.clear();
    row_bytes_ = 0;
    in_row_ = false;
  }

  // Passes the file up to the next newline, or a piece of a line longer than the buffer, to the parser.
  absl::Status FeedLine() {
    if (begin_ == end_) {
      if (absl::Status status = Refill(); !status.ok()) return status;
      if (begin_ == end_) return Finish();
    }
    const char* data = buffer_.data() + begin_;
    const void* newline = std::memchr(data, '\n', end_ - begin_);
    const size_t size = newline != nullptr ? static_cast<const char*>(newline) - data + 1 : end_ - begin_;
    if (!in_row_) {
      row_line_ = line_;
      in_row_ = !absl::StripAsciiWhitespace(absl::string_view(data, size)).empty();
    }
    row_bytes_ += size;
    if (csv_parse(&parser_, data, size, OnField, OnRow, this) != size) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path_, ":", row_line_, ": cannot be parsed as CSV: ", csv_strerror(csv_error(&parser_))));
    }
    begin_ += size;
    bytes_read_ += size;
    if (newline != nullptr) ++line_;
    if (in_row_ && row_bytes_ > kMaxRowBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          path_, ":", row_line_, ": the row that begins here is longer than 1 MiB; is a quote missing at its end?"));
    }
    return absl::OkStatus();
  }

  absl::Status Refill() {
    begin_ = 0;
    end_ = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
    if (std::ferror(file_.get()) != 0) {
      return absl::InvalidArgumentError(absl::StrCat("cannot read ", path_, ": ", std::strerror(errno)));
    }
    if (bytes_read_ == 0 && absl::string_view(buffer_.data(), end_).substr(0, 3) == kByteOrderMark) {
      begin_ = kByteOrderMark.size();
      bytes_read_ = begin_;
    }
    if (delimiter_ == CsvDelimiter::kOfHeader) {
      csv_set_delim(&parser_, static_cast<unsigned char>(DelimiterOf({buffer_.data() + begin_, end_ - begin_})));
      delimiter_ = CsvDelimiter::kComma;  // decided
    }
    return absl::OkStatus();
  }

  absl::Status Finish() {
    finished_ = true;
    // Strict at the end only, for an unclosed quote; before, a stray quote within a field is just a character.
    csv_set_opts(&parser_, CSV_STRICT | CSV_STRICT_FINI);
    if (csv_fini(&parser_, OnField, OnRow, this) != 0) EndRow(true);
    return absl::OkStatus();
  }

  const std::string path_;
  CsvDelimiter delimiter_;
  std::unique_ptr<std::FILE, FileCloser> file_;
  csv_parser parser_{};
  std::vector<std::string> header_;

  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  int64_t bytes_read_ = 0;
  int64_t bytes_total_ = 0;
  int64_t line_ = 1;
  bool finished_ = false;

  // The row being read, and rows read but not yet asked for (more than one only with lone CR as line end).
  bool in_row_ = false;
  int64_t row_line_ = 1;
  size_t row_bytes_ = 0;
  std::vector<std::string> fields_;
  std::deque<CsvRow> rows_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CsvReader>> CsvReader::Open(const std::string& path, CsvDelimiter delimiter) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  }
  auto reader = std::make_unique<LibcsvReader>(path, file, delimiter);
  if (absl::Status status = reader->ReadHeader(); !status.ok()) return status;
  return reader;
}

}  // namespace nbo
