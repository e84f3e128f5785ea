#include <algorithm>
#include <system_error>
#include <utility>

#include <rondo/devices/textfsm/detail/program.h>
#include <rondo/devices/textfsm/detail/run.h>
#include <rondo/devices/textfsm/detail/text_file.h>
#include <rondo/devices/textfsm/detail/unicode.h>
#include <rondo/devices/textfsm/textfsm.h>

namespace rondo::textfsm {

bool Value::has(Option option) const noexcept {
  return std::find(options.begin(), options.end(), option) != options.end();
}

std::string to_string(Option option) {
  switch (option) {
    case Option::filldown:
      return "Filldown";
    case Option::fillup:
      return "Fillup";
    case Option::key:
      return "Key";
    case Option::list:
      return "List";
    case Option::required:
      return "Required";
  }
  return {};
}

TextFSM::TextFSM(std::string_view text, std::string name) {
  const std::size_t invalid = detail::find_invalid_utf8(text);
  if (invalid != text.npos) {
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(invalid), '\n') + 1;
    throw TemplateError(name + ':' + std::to_string(line) +
                        ": a template is written in UTF-8, and this line is not");
  }
  program_ = std::make_shared<const detail::Program>(detail::read_template(text, std::move(name)));
}

TextFSM TextFSM::from_file(const std::filesystem::path& path) {
  std::string text;
  try {
    text = detail::read_text_file(path);
  } catch (const std::system_error& error) {
    throw TemplateError(path.string() + ": the template cannot be read: " + error.code().message());
  }
  return TextFSM(text, path.string());
}

const std::string& TextFSM::name() const noexcept {
  return program_->name;
}
const std::vector<std::string>& TextFSM::header() const noexcept {
  return program_->header;
}
std::vector<Value> TextFSM::values() const {
  return program_->values;
}

std::vector<std::string> TextFSM::values_with(Option option) const {
  std::vector<std::string> names;
  for (const Value& value : program_->values) {
    if (value.has(option)) names.push_back(value.name);
  }
  return names;
}

std::vector<Row> TextFSM::parse_text(std::string_view text) const {
  return detail::Run(*program_).parse(text);
}

std::vector<Record> TextFSM::parse_text_to_dicts(std::string_view text) const {
  std::vector<Record> records;
  for (Row& row : parse_text(text)) {
    Record& record = records.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i)
      record.emplace(header()[i], std::move(row[i]));
  }
  return records;
}

}  // namespace rondo::textfsm
