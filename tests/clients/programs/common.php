<?php
// What both PHP programs use: one request, and a line of JSON for each step.

class ApiError extends Exception {}

function ask(string $method, string $path, ?array $body = null, ?string $password = null): array
{
    $curl = curl_init(getenv('BILLOGRAM_BASE_URL') . $path);
    $options = [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_USERPWD => getenv('BILLOGRAM_API_USER') . ':' . ($password ?? getenv('BILLOGRAM_API_PASSWORD')),
        CURLOPT_HTTPHEADER => ['Content-Type: application/json'],
        CURLOPT_TIMEOUT => 20,
    ];
    if ($body !== null) {
        $options[CURLOPT_POSTFIELDS] = json_encode($body ?: new stdClass(), JSON_UNESCAPED_UNICODE);
    }
    curl_setopt_array($curl, $options);
    $text = curl_exec($curl);
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $text === false ? '' : $text];
}

function step(string $name, callable $act): void
{
    try {
        $told = ['value' => $act()];
    } catch (Throwable $error) {
        $told = ['error' => get_class($error) === 'ApiError' ? $error->getMessage() : get_class($error)];
    }
    echo json_encode(['step' => $name] + $told, JSON_PARTIAL_OUTPUT_ON_ERROR), "\n";
}

// A warning for a missing field is an error, as frameworks make it one.
set_error_handler(function ($level, $message) {
    throw new ErrorException($message);
});
