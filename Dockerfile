FROM python:3.13-slim AS build
ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev
COPY . .
RUN .venv/bin/python manage.py collectstatic --no-input

FROM python:3.13-slim
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 NUMBA_CACHE_DIR=/tmp/numba
# The engine's loops are compiled for the machine at hand on first use, and kept in the one folder that is writable.
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin service
WORKDIR /app
COPY --from=build /app .
USER service
EXPOSE 8000
# One image for all: docker-compose.yml gives the other services their command lines.
CMD ["gunicorn", "matchmaking.wsgi:application", "--bind", "0.0.0.0:8000", "--threads", "4", "--no-control-socket"]
