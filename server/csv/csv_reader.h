// Reads a CSV file row by row: quoting, CRLF and a UTF-8 byte order mark as spreadsheets write them.
#ifndef NBO_SERVER_CSV_CSV_READER_H_
#define NBO_SERVER_CSV_CSV_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace nbo {

// One row. Fields without quotes are stripped of spaces around them.
struct CsvRow {
  // Line of the file on which the row begins, from 1. Quoted fields may span lines.
  int64_t line = 0;
  std::vector<std::string> fields;
  // The file ended inside a quoted field; the row is what could be read.
  bool unterminated = false;
};

// What stands between the fields of a row.
enum class CsvDelimiter {
  kComma,
  kOfHeader,  // the one of comma, semicolon and tab that the first line has most of outside quotes
};

// A file open for reading, past its header. Blank lines are passed over. Works on pipes: reads once, forwards.
// Thread-compatible.
class CsvReader {
 public:
  // Opens the file and reads the header, the first row. NOT_FOUND, PERMISSION_DENIED or INVALID_ARGUMENT (no header)
  // name the file.
  static absl::StatusOr<std::unique_ptr<CsvReader>> Open(const std::string& path,
                                                         CsvDelimiter delimiter = CsvDelimiter::kComma);

  virtual ~CsvReader() = default;

  virtual const std::string& path() const = 0;
  virtual const std::vector<std::string>& header() const = 0;
  // Reads the next row into `row`; false at the end of the file. An error names the file and line and is final:
  // reading failed or a row is longer than 1 MiB (mostly a quote that is never closed).
  virtual absl::StatusOr<bool> Next(CsvRow* row) = 0;
  // For progress: how far, and how far to go (0 if unknown, as for a pipe).
  virtual int64_t bytes_read() const = 0;
  virtual int64_t bytes_total() const = 0;
};

}  // namespace nbo

#endif  // NBO_SERVER_CSV_CSV_READER_H_
