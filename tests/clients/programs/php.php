<?php
// As billogram-v2-api-php-lib: pages by meta.total_count, the status OK, error identifiers with their status codes.

require __DIR__ . '/common.php';

const ERRORS = [
    'MISSING_QUERY_PARAMETER' => 'RequestFormError', 'INVALID_QUERY_PARAMETER' => 'RequestFormError',
    'INVALID_PARAMETER' => 'InvalidFieldValueError', 'INVALID_PARAMETER_COMBINATION' => 'InvalidFieldCombinationError',
    'READ_ONLY_PARAMETER' => 'ReadOnlyFieldError', 'UNKNOWN_PARAMETER' => 'UnknownFieldError',
    'INVALID_OBJECT_STATE' => 'InvalidObjectStateError',
];

function api(string $method, string $path, ?array $body = null, ?string $password = null): object
{
    [$status, $text] = ask($method, $path, $body, $password);
    $answer = json_decode($text);
    if ($status >= 500 || $answer === null) {
        throw new ApiError('ServiceMalfunctioningError');
    }
    if ($status === 401) {
        throw new ApiError('InvalidAuthenticationError');
    }
    if ($status === 403) {
        throw new ApiError($answer->status === 'INVALID_AUTH' ? 'InvalidAuthenticationError' : 'NotAuthorizedError');
    }
    if ($status === 404) {
        throw new ApiError('ObjectNotFoundError');
    }
    if ($answer->status !== 'OK') {
        throw new ApiError(ERRORS[$answer->status] ?? 'ApiError');
    }
    return $answer;
}

function page(int $page, int $size, array $more = [], ?string $password = null): object
{
    return api('GET', '/customer?' . http_build_query(['page' => $page, 'page_size' => $size] + $more), null, $password);
}

function numbers(array $more, int $size = 100): array
{
    return array_map(fn ($one) => $one->customer_no, page(1, $size, $more)->data);
}

function filter(string $type, string $field, string $value): array
{
    return ['filter_type' => $type, 'filter_field' => $field, 'filter_value' => $value];
}

function customer(int $number): object
{
    return page(1, 100, filter('field', 'customer_no', "$number"))->data[0];
}

function everyone(int $size): array
{
    $pages = (int) ceil(page(1, 1)->meta->total_count / $size);
    $found = [];
    for ($page = 1; $page <= $pages; $page++) {
        foreach (page($page, $size)->data as $one) {
            $found[] = $one->customer_no;
        }
    }
    return $found;
}

function update(int $number, array $body): object
{
    return api('PUT', '/customer/' . customer($number)->customer_no, $body)->data;
}

step('count', fn () => page(1, 1)->meta->total_count);
step('every customer', fn () => everyone(100));
step('every customer in pages of 30', fn () => everyone(30));
step('one customer', fn () => customer(9003));
step('filter by a field', fn () => numbers(filter('field', 'contact:email', 'kund.9003@example.org')));
step('filter by a prefix', fn () => numbers(filter('field-prefix', 'name', 'Å')));
step('filter by a part', fn () => numbers(filter('field-search', 'notes', 'tests: 9004')));
step('search', fn () => numbers(filter('special', 'search', 'Exempelsson')));
step('order asc', fn () => numbers(['order_field' => 'name', 'order_direction' => 'asc']));
step('order desc', fn () => numbers(['order_field' => 'created_at', 'order_direction' => 'desc']));
step('update', fn () => update(9006, ['name' => 'Över Älven AB', 'contact' => ['email' => 'over@example.com']]));
step('update read back', fn () => customer(9006));
step('update of one field', fn () => update(9007, ['notes' => "touched\nby Ελένη 🎣"]));
step('update of substructures', fn () => update(9007, [
    'address' => ['careof' => 'c/o Ny', 'city' => 'Nystad'], 'delivery_address' => null, 'company_type' => 'business',
]));
step('the others afterwards', fn () => [customer(9005), customer(9007)]);
step('renumbering', fn () => [update(9008, ['customer_no' => 9150]), update(9150, ['notes' => 'by the new number'])]);
step('the old number', fn () => api('PUT', '/customer/9008', ['notes' => 'gone']));
step('a number that is taken', fn () => update(9009, ['customer_no' => 9010]));
step('after the refusal', fn () => customer(9009));
step('an unknown customer', fn () => api('PUT', '/customer/987654', ['notes' => 'nobody']));
step('a bad value', fn () => update(9009, ['contact' => ['email' => 5]]));
step('a name too long', fn () => update(9009, ['name' => str_repeat('x', 101)]));
step('an unknown field', fn () => update(9009, ['shoe_size' => 45]));
step('a page_size of 101', fn () => numbers([], 101));
step('a wrong password', fn () => page(1, 1, [], 'wrong')->meta->total_count);
