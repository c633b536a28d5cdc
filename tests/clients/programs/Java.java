import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * As billogram-v2-api-java-lib: pages of 10 by total_count, timestamps in one form, an enum of company types, error
 * identifiers, and an update whose path is the customer_no of its body.
 */
public class Java {
    enum CompanyType { individual, business, foreign_individual, foreign_business }

    static class ApiException extends Exception {
        ApiException(String kind) { super(kind); }
    }

    static final HttpClient CLIENT = HttpClient.newHttpClient();

    static Map<?, ?> api(String method, String path, String body, String password) throws Exception {
        String secret = System.getenv("BILLOGRAM_API_USER") + ":" + password;
        HttpRequest request = HttpRequest.newBuilder(URI.create(System.getenv("BILLOGRAM_BASE_URL") + path))
            .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8)))
            .header("Content-Type", "application/json")
            .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
            .build();
        HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        Map<?, ?> told = (Map<?, ?>) new Json(answer.body()).value();
        String status = (String) told.get("status");
        if (answer.statusCode() != 200) throw new ApiException(status);
        return told;
    }

    static String password() { return System.getenv("BILLOGRAM_API_PASSWORD"); }

    static String encoded(Object text) { return URLEncoder.encode(text.toString(), StandardCharsets.UTF_8); }

    static Map<?, ?> page(int page, int size, String more, String password) throws Exception {
        return api("GET", "/customer?page=" + page + "&page_size=" + size + more, null, password);
    }

    static String filter(String type, String field, String value) {
        return "&filter_type=" + type + "&filter_field=" + encoded(field) + "&filter_value=" + encoded(value);
    }

    static String order(String field, String direction) {
        return "&order_field=" + encoded(field) + "&order_direction=" + direction;
    }

    /** A customer as the client's model has it. */
    static List<Object> model(Map<?, ?> data) throws Exception {
        List<Object> model = new ArrayList<>();
        model.add(((Long) data.get("customer_no")));
        model.add((String) data.get("name"));
        model.add((String) data.get("notes"));
        Object type = data.get("company_type");
        model.add(type == null ? null : CompanyType.valueOf(((String) type).replace(' ', '_')).name());
        for (String name : List.of("created_at", "updated_at")) {
            Object stamp = data.get(name);
            model.add(stamp == null ? null : strict().parse((String) stamp).getTime());
        }
        Map<?, ?> contact = (Map<?, ?>) data.get("contact");
        model.add(contact == null ? null : (String) contact.get("email"));
        Map<?, ?> address = (Map<?, ?>) data.get("address");
        model.add(address == null ? null : (String) address.get("city"));
        return model;
    }

    static SimpleDateFormat strict() {
        SimpleDateFormat format = new SimpleDateFormat("yyyy-MM-dd HH:mm:ss");
        format.setLenient(false);
        return format;
    }

    static List<Object> customers(int page, int size, String more) throws Exception {
        List<Object> found = new ArrayList<>();
        for (Object one : (List<?>) page(page, size, more, password()).get("data")) found.add(model((Map<?, ?>) one));
        return found;
    }

    static List<Object> everyone(String more) throws Exception {
        List<Object> found = new ArrayList<>();
        long total = (Long) ((Map<?, ?>) page(1, 10, more, password()).get("meta")).get("total_count");
        for (int page = 1; (page - 1) * 10L < total; page++) {
            for (Object one : customers(page, 10, more)) found.add(((List<?>) one).get(0));
        }
        return found;
    }

    static List<Object> update(long number, String body) throws Exception {
        String whole = "{\"customer_no\": " + number + ", " + body + "}";
        return model((Map<?, ?>) api("PUT", "/customer/" + number, whole, password()).get("data"));
    }

    static void step(String name, Callable<Object> act) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("step", name);
        try {
            told.put("value", act.call());
        } catch (ApiException error) {
            told.put("error", error.getMessage());
        } catch (Exception error) {
            told.put("error", error.getClass().getSimpleName());
        }
        System.out.println(Json.text(told));
    }

    public static void main(String[] arguments) {
        step("every customer", () -> everyone(""));
        step("the first page", () -> customers(1, 10, ""));
        step("filter by a field", () -> customers(1, 10, filter("field", "customer_no", "9003")));
        step("filter by a prefix", () -> everyone(filter("field-prefix", "name", "Å")));
        step("filter by a part", () -> customers(1, 10, filter("field-search", "notes", "tests: 9004")));
        step("filter by a city", () -> everyone(filter("field", "address:city", "Åmåla")));
        step("search", () -> everyone(filter("special", "search", "Exempelsson")));
        step("order asc", () -> everyone(order("name", "asc")));
        step("order desc", () -> everyone(order("created_at", "desc")));
        step("order by a city", () -> customers(1, 10, order("address:city", "asc")));
        step("update", () -> update(9006, "\"name\": \"Över Älven AB\", \"contact\": {\"email\": \"over@example.com\"}"));
        step("update of one field", () -> update(9007, "\"notes\": \"touched\\nby Ελένη\""));
        step("update of the type", () -> update(9007, "\"company_type\": \"foreign business\""));
        step("read back", () -> customers(1, 10, filter("field-prefix", "customer_no", "900")));
        step("an unknown customer", () -> update(987654, "\"notes\": \"nobody\""));
        step("a bad value", () -> update(9009, "\"contact\": {\"email\": 5}"));
        step("a name too long", () -> update(9009, "\"name\": \"" + "x".repeat(101) + "\""));
        step("a page_size of 101", () -> customers(1, 101, ""));
        step("a wrong password", () -> page(1, 1, "", "wrong").get("meta"));
        System.exit(0);
    }

    /** As much of JSON as is needed here. */
    static class Json {
        private final String text;
        private int at = 0;

        Json(String text) { this.text = text; }

        Object value() {
            skip();
            char next = text.charAt(at);
            if (next == '{') return object();
            if (next == '[') return array();
            if (next == '"') return string();
            int start = at;
            while (at < text.length() && ",]} \n\r\t".indexOf(text.charAt(at)) < 0) at++;
            String word = text.substring(start, at);
            if (word.equals("null")) return null;
            if (word.equals("true") || word.equals("false")) return word.equals("true");
            if (word.matches("-?[0-9]+")) return Long.parseLong(word);
            return Double.parseDouble(word);
        }

        private Map<String, Object> object() {
            Map<String, Object> found = new LinkedHashMap<>();
            for (at++, skip(); text.charAt(at) != '}'; skip()) {
                if (text.charAt(at) == ',') at++;
                skip();
                String name = string();
                skip();
                at++;
                found.put(name, value());
            }
            at++;
            return found;
        }

        private List<Object> array() {
            List<Object> found = new ArrayList<>();
            for (at++, skip(); text.charAt(at) != ']'; skip()) {
                if (text.charAt(at) == ',') at++;
                found.add(value());
            }
            at++;
            return found;
        }

        private String string() {
            if (text.charAt(at) != '"') throw new IllegalArgumentException("no text");
            StringBuilder found = new StringBuilder();
            for (at++; text.charAt(at) != '"'; at++) {
                char one = text.charAt(at);
                if (one != '\\') { found.append(one); continue; }
                one = text.charAt(++at);
                int code = "bfnrt".indexOf(one);
                if (one == 'u') {
                    found.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                    at += 4;
                } else found.append(code < 0 ? one : "\b\f\n\r\t".charAt(code));
            }
            at++;
            return found.toString();
        }

        private void skip() { while (" \n\r\t".indexOf(text.charAt(at)) >= 0) at++; }

        static String text(Object value) {
            StringBuilder told = new StringBuilder();
            if (value instanceof Map<?, ?> map) {
                String comma = "{";
                for (Map.Entry<?, ?> one : map.entrySet()) {
                    told.append(comma).append(text(one.getKey())).append(": ").append(text(one.getValue()));
                    comma = ", ";
                }
                return told.append(map.isEmpty() ? "{}" : "}").toString();
            }
            if (value instanceof List<?> list) {
                told.append("[");
                for (Object one : list) told.append(told.length() > 1 ? ", " : "").append(text(one));
                return told.append("]").toString();
            }
            if (!(value instanceof String text)) return String.valueOf(value);
            told.append('"');
            for (char one : text.toCharArray()) {
                if (one == '"' || one == '\\') told.append('\\').append(one);
                else if (one < 32 || one > 126) told.append(String.format("\\u%04x", (int) one));
                else told.append(one);
            }
            return told.append('"').toString();
        }
    }
}
