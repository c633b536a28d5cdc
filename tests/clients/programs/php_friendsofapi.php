<?php
// As friendsofapi/billogram: page 1 of 100 alone, 200 as the only success, DateTime, address.street_address.

require __DIR__ . '/common.php';

function api(string $method, string $path, ?array $body = null, ?string $password = null): array
{
    [$status, $text] = ask($method, $path, $body, $password);
    if ($status !== 200) {
        throw new ApiError(match ($status) {
            400 => 'ValidationException', 401, 403 => 'UnauthorizedException', 404 => 'NotFoundException',
            default => 'UnknownErrorException',
        });
    }
    $answer = json_decode($text, true);
    if (!is_array($answer)) {
        throw new ApiError('HydrationException');
    }
    return $answer['data'];
}

function model(array $data): array
{
    $moment = fn ($text) => $text === null ? null : (new DateTime($text))->format('U');
    return [
        'customer_no' => $data['customer_no'],
        'name' => $data['name'],
        'notes' => $data['notes'] ?? null,
        'company_type' => $data['company_type'] ?? null,
        'org_no' => $data['org_no'] ?? null,
        'email' => $data['contact']['email'] ?? null,
        'phone' => $data['contact']['phone'] ?? null,
        'street_address' => $data['address']['street_address'] ?? null,
        'zipcode' => $data['address']['zipcode'] ?? null,
        'city' => $data['address']['city'] ?? null,
        'created_at' => $moment($data['created_at'] ?? null),
        'updated_at' => $moment($data['updated_at'] ?? null),
    ];
}

function search(?string $password = null): array
{
    return array_map('model', api('GET', '/customer?page=1&page_size=100', null, $password));
}

function update(int $number, array $body): array
{
    return model(api('PUT', "/customer/$number", $body));
}

step('search', fn () => search());
step('update', fn () => update(9006, ['name' => 'Över Älven AB', 'contact' => ['email' => 'over@example.com']]));
step('update of an address', fn () => update(9007, ['address' => ['street_address' => 'Nygatan 1', 'city' => 'Nystad']]));
step('update of one field', fn () => update(9007, ['notes' => "touched\nby Ελένη 🎣"]));
step('update of the type', fn () => update(9007, ['company_type' => 'business', 'org_no' => '5566778899']));
step('search afterwards', fn () => search());
step('renumbering', fn () => [update(9008, ['customer_no' => 9150]), update(9150, ['notes' => 'by the new number'])]);
step('the old number', fn () => update(9008, ['notes' => 'gone']));
step('a number that is taken', fn () => update(9009, ['customer_no' => 9010]));
step('an unknown customer', fn () => update(987654, ['notes' => 'nobody']));
step('a bad value', fn () => update(9009, ['contact' => ['email' => 5]]));
step('a name too long', fn () => update(9009, ['name' => str_repeat('x', 101)]));
step('an unknown field', fn () => update(9009, ['shoe_size' => 45]));
step('a wrong password', fn () => search('wrong'));
